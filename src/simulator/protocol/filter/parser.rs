//! Reading a filter (`OData`: URL conventions, the part of the grammar that is served).

use super::{Filter, Literal, Operator};

/// Parentheses, `not` and `any` inside each other; far more than the directory would take, and few
/// enough for the stack.
const MOST_NESTING: u32 = 16;

pub(super) fn parse(text: &str) -> Option<Filter> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        place: 0,
        nesting: 0,
    };
    let filter = parser.alternatives()?;
    (parser.place == parser.tokens.len()).then_some(filter)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, an operator or a bare value.
    Word(String),
    /// What stood between quotes.
    Text(String),
    /// One of `(`, `)`, `,` and `:`.
    Sign(char),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' | ')' | ',' | ':' => (Token::Sign(first), rest.get(1..)?),
            '\'' => quoted(rest.get(1..)?)?,
            _ => {
                let end = rest
                    .find(|sign: char| sign.is_whitespace() || "(),:'".contains(sign))
                    .unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                (Token::Word(word.to_owned()), after)
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

/// Reads up to the closing quote; a doubled quote stands for one.
fn quoted(text: &str) -> Option<(Token, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((Token::Text(value), after)),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    place: usize,
    nesting: u32,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place)?.clone();
        self.place += 1;
        Some(token)
    }

    fn sign(&mut self, expected: char) -> Option<()> {
        (self.next()? == Token::Sign(expected)).then_some(())
    }

    /// Takes a word if it comes next, ignoring case.
    fn took_word(&mut self, expected: &str) -> bool {
        let found = matches!(self.tokens.get(self.place), Some(Token::Word(word)) if word.eq_ignore_ascii_case(expected));
        self.place += usize::from(found);
        found
    }

    fn took_sign(&mut self, expected: char) -> bool {
        let found = self.tokens.get(self.place) == Some(&Token::Sign(expected));
        self.place += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Option<Filter> {
        let mut parts = vec![self.conjunction()?];
        while self.took_word("or") {
            parts.push(self.conjunction()?);
        }
        let flat = parts.into_iter().flat_map(|part| match part {
            Filter::Or(parts) => parts,
            other => vec![other],
        });
        joined(flat.collect(), Filter::Or)
    }

    fn conjunction(&mut self) -> Option<Filter> {
        let mut parts = vec![self.term()?];
        while self.took_word("and") {
            parts.push(self.term()?);
        }
        let flat = parts.into_iter().flat_map(|part| match part {
            Filter::And(parts) => parts,
            other => vec![other],
        });
        joined(flat.collect(), Filter::And)
    }

    fn term(&mut self) -> Option<Filter> {
        self.nesting += 1;
        if self.nesting > MOST_NESTING {
            return None;
        }
        let term = if self.took_word("not") {
            Filter::Not(Box::new(self.term()?))
        } else if self.took_sign('(') {
            let inner = self.alternatives()?;
            self.sign(')')?;
            inner
        } else {
            self.comparison()?
        };
        self.nesting -= 1;
        Some(term)
    }

    fn comparison(&mut self) -> Option<Filter> {
        let Token::Word(word) = self.next()? else {
            return None;
        };
        if self.took_sign('(') {
            return match word.split_once('/') {
                Some((collection, "any")) => self.any(collection),
                Some(_) => None,
                None => self.function(&word),
            };
        }
        let Token::Word(operator) = self.next()? else {
            return None;
        };
        let property = word;
        match operator.to_ascii_lowercase().as_str() {
            "eq" => self.against(property, Operator::Equal),
            "ne" => self.against(property, Operator::NotEqual),
            "in" => self.list(property),
            _ => None,
        }
    }

    fn against(&mut self, property: String, operator: Operator) -> Option<Filter> {
        let value = self.literal()?;
        Some(Filter::Compare {
            property,
            operator,
            value,
        })
    }

    fn list(&mut self, property: String) -> Option<Filter> {
        self.sign('(')?;
        let mut values = vec![self.literal()?];
        while self.took_sign(',') {
            values.push(self.literal()?);
        }
        self.sign(')')?;
        Some(Filter::In { property, values })
    }

    /// `startswith(property,'value')`, after its opening parenthesis.
    fn function(&mut self, name: &str) -> Option<Filter> {
        let operator = search_operator(name)?;
        let Token::Word(property) = self.next()? else {
            return None;
        };
        self.sign(',')?;
        let filter = self.against(property, operator)?;
        self.sign(')')?;
        Some(filter)
    }

    /// `any(x:x eq 'value')` or `any(x:startswith(x,'value'))`, after its opening parenthesis.
    fn any(&mut self, collection: &str) -> Option<Filter> {
        let Token::Word(element) = self.next()? else {
            return None;
        };
        self.sign(':')?;
        // A term, because terms count how deep they are nested.
        let Filter::Compare {
            property,
            operator,
            value,
        } = self.term()?
        else {
            return None;
        };
        self.sign(')')?;
        (property == element).then(|| Filter::Any {
            collection: collection.to_owned(),
            operator,
            value,
        })
    }

    fn literal(&mut self) -> Option<Literal> {
        match self.next()? {
            Token::Text(text) => Some(Literal::Text(text)),
            Token::Word(word) => match word.as_str() {
                "true" => Some(Literal::Flag(true)),
                "false" => Some(Literal::Flag(false)),
                "null" => Some(Literal::Null),
                _ => None,
            },
            Token::Sign(_) => None,
        }
    }
}

fn search_operator(name: &str) -> Option<Operator> {
    match name.to_ascii_lowercase().as_str() {
        "startswith" => Some(Operator::StartsWith),
        "endswith" => Some(Operator::EndsWith),
        _ => None,
    }
}

fn joined(mut parts: Vec<Filter>, join: impl FnOnce(Vec<Filter>) -> Filter) -> Option<Filter> {
    if parts.len() == 1 {
        parts.pop()
    } else {
        Some(join(parts))
    }
}
