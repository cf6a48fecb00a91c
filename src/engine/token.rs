//! Whether the service takes the token.

/// What is known of the token in use. It names tokens by how often they were renewed and never sees
/// one.
#[derive(Debug, Default)]
pub(super) struct Token {
    generation: u64,
    /// Whether this one was ever taken.
    taken: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Good,
    RenewalDue,
    /// Neither the last token nor this one was ever taken.
    NobodyIsLetIn,
}

impl Token {
    /// The one that requests are sent with now.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn is_renewal_due(&self) -> bool {
        self.state == State::RenewalDue
    }

    pub(super) fn lets_nobody_in(&self) -> bool {
        self.state == State::NobodyIsLetIn
    }

    /// The service took the token of that generation.
    pub(super) fn taken(&mut self, generation: u64) {
        self.taken |= generation == self.generation;
    }

    /// The service refused the token of that generation. Says whether it is still the one in use: a
    /// refusal of an earlier one is old news.
    pub(super) fn refused(&mut self, generation: u64) -> bool {
        let current = generation == self.generation;
        if current {
            let ever_renewed = self.generation > 0;
            self.state = if ever_renewed && !self.taken {
                State::NobodyIsLetIn
            } else {
                State::RenewalDue
            };
        }
        current
    }

    /// A new one is there.
    pub(super) fn renewed(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_was_taken_once_may_run_out_as_often_as_it_likes() {
        let mut token = Token::default();
        for generation in 0..5 {
            token.taken(generation);
            assert!(token.refused(generation));
            assert!(token.is_renewal_due() && !token.lets_nobody_in());
            token.renewed();
        }
    }

    #[test]
    fn a_new_token_that_is_never_taken_lets_nobody_in() {
        let mut token = Token::default();
        token.refused(0);
        token.renewed();
        assert!(!token.refused(0), "sent with the old one");
        assert!(!token.is_renewal_due() && !token.lets_nobody_in());
        token.refused(1);
        assert!(token.lets_nobody_in());
    }
}
