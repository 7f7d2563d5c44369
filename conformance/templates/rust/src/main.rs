//! The adapter: serves the port until standard input ends.

mod json;
mod port;
mod wire;

fn main() -> std::io::Result<()> {
    wire::serve(&mut port::Port::default())
}
