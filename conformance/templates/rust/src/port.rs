//! The port. Fill it in: each run of the kit prints the next step.

use crate::json::Value;
use crate::wire::{Adapter, Answer, Failure};

#[derive(Default)]
pub struct Port {
    accounts: Option<Vec<String>>, // the labels; None while no pool is open
}

impl Adapter for Port {
    fn call(&mut self, method: &str, params: &Value) -> Answer {
        match method {
            "hello" => Ok(self.hello()),
            "open" => Ok(self.open(params)),
            "select" => self.select(params),
            "close" => Ok(self.close()),
            _ => Err(Failure::NotSupported),
        }
    }
}

impl Port {
    fn hello(&self) -> Value {
        let claimed = ["sticky"]; // the kit asks only for what is claimed here
        Value::object([
            ("name", "my-port".into()),
            ("version", "0.1.0".into()),
            ("language", "rust".into()),
            ("capabilities", Value::list(claimed)),
            ("pid", std::process::id().into()),
        ])
    }

    fn open(&mut self, params: &Value) -> Value {
        let entries = params["pool"]["accounts"].items();
        let labels: Vec<String> = entries.iter().map(|entry| entry["refreshToken"].text().into()).collect();
        self.accounts = Some(labels.clone());
        Value::object([("accounts", Value::list(labels))])
    }

    fn select(&self, params: &Value) -> Answer {
        let accounts = self.accounts.as_ref().ok_or(Failure::Refused("not_open"))?;
        if params["strategy"].text() != "sticky" {
            return Err(Failure::NotSupported);
        }
        match accounts.first() {
            None => Ok(Value::Null),
            Some(label) => Ok(Value::object([("label", label.as_str().into()), ("index", 0.into())])),
        }
    }

    fn close(&mut self) -> Value {
        self.accounts = None;
        Value::Null
    }
}
