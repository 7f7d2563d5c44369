//! The wire: reads calls from standard input and writes the answers to standard output. It needs no change.

use crate::json::{parse, Value};
use std::io::{self, BufRead, Write};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// What a call returns.
pub type Answer = Result<Value, Failure>;

/// Why a call has no result.
pub enum Failure {
    /// The port refuses the call. The kinds are `not_open`, `unknown_account` and `no_folder`.
    Refused(&'static str),
    /// The port does not have what the call asks for: the method, or a strategy.
    NotSupported,
}

/// A port, as the wire calls it.
pub trait Adapter {
    fn call(&mut self, method: &str, params: &Value) -> Answer;
}

/// Answers the lines of standard input until it ends.
pub fn serve(port: &mut dyn Adapter) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        writeln!(output, "{}", answer_line(port, &line?))?;
        output.flush()?;
    }
    Ok(())
}

/// Answers one request, or a batch in its order.
fn answer_line(port: &mut dyn Adapter, line: &str) -> Value {
    match parse(line) {
        Err(problem) => failure(Value::Null, -32700, &problem, Value::Null),
        Ok(Value::List(batch)) => Value::List(batch.iter().map(|call| answer(port, call)).collect()),
        Ok(call) => answer(port, &call),
    }
}

fn answer(port: &mut dyn Adapter, call: &Value) -> Value {
    let (id, method) = (call["id"].clone(), call["method"].text());
    // A panic becomes an answer, because it must not end the connection.
    match catch_unwind(AssertUnwindSafe(|| port.call(method, &call["params"]))) {
        Ok(Ok(result)) => Value::object([("jsonrpc", "2.0".into()), ("id", id), ("result", result)]),
        Ok(Err(Failure::Refused(kind))) => failure(id, 1, kind, Value::object([("refusal", kind.into())])),
        Ok(Err(Failure::NotSupported)) => failure(id, -32601, &format!("{method} is not supported"), Value::Null),
        Err(_) => failure(id, -32603, "the port panicked; standard error has the reason", Value::Null),
    }
}

fn failure(id: Value, code: i32, message: &str, data: Value) -> Value {
    let error = Value::object([("code", code.into()), ("message", message.into()), ("data", data)]);
    Value::object([("jsonrpc", "2.0".into()), ("id", id), ("error", error)])
}
