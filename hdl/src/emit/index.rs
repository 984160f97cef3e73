//! Index expressions of kernels: `i`, `i+1`, `2*i%n`.

/// The number, if `text` (without spaces) uses only numbers, the variables given, `+ - * / %` and parentheses.
pub(super) fn evaluate(text: &str, variables: &[(String, i64)]) -> Option<i64> {
    let mut parser = Parser { rest: text, variables };
    let value = parser.sum()?;
    parser.rest.is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    variables: &'a [(String, i64)],
}

impl Parser<'_> {
    fn take(&mut self, symbol: char) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value = value.checked_add(self.product()?)?;
            } else if self.take('-') {
                value = value.checked_sub(self.product()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.atom()?;
        loop {
            if self.take('*') {
                value = value.checked_mul(self.atom()?)?;
            } else if self.take('/') {
                value = value.checked_div(self.atom()?)?;
            } else if self.take('%') {
                value = value.checked_rem(self.atom()?)?;
            } else {
                return Some(value);
            }
        }
    }

    fn atom(&mut self) -> Option<i64> {
        if self.take('(') {
            let value = self.sum()?;
            return self.take(')').then_some(value);
        }
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word.trim_end_matches("usize").parse() {
            Ok(number) => Some(number),
            Err(_) => self
                .variables
                .iter()
                .rev()
                .find(|(name, _)| name == word)
                .map(|(_, value)| *value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::evaluate;

    #[test]
    fn indices() {
        let variables = [("i".to_string(), 3), ("j".to_string(), 5)];
        for (text, value) in [
            ("i", Some(3)),
            ("2*i+1", Some(7)),
            ("(i+j)%4", Some(0)),
            ("10-i-j", Some(2)),
        ] {
            assert_eq!(evaluate(text, &variables), value, "{text}");
        }
        for text in ["k", "_n", "i+", "i/0", "i)"] {
            assert_eq!(evaluate(text, &variables), None, "{text}");
        }
    }
}
