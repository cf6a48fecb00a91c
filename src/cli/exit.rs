//! How the program ends, in one place.

use std::process::ExitCode;

/// How the program ends; scripts rely on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Every row succeeded or was unchanged.
    Good = 0,
    /// The command could not be run: usage, file, configuration.
    CannotRun = 1,
    /// It ran, and some rows failed or were refused.
    SomeBad = 2,
    /// It stopped before the end and can be resumed.
    Stopped = 3,
    /// Sign-in or permission.
    SignIn = 4,
}

impl Exit {
    /// Every way to end.
    pub const ALL: [Self; 5] = [
        Self::Good,
        Self::CannotRun,
        Self::SomeBad,
        Self::Stopped,
        Self::SignIn,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, for help and README.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Good => "every row succeeded or was unchanged",
            Self::CannotRun => "the command could not be run (usage, file, configuration)",
            Self::SomeBad => "it ran, and some rows failed or were refused",
            Self::Stopped => "it stopped before the end and can be resumed",
            Self::SignIn => "sign-in or permission",
        }
    }

    /// All of them, as a section of help.
    pub fn help() -> String {
        let line = |exit: Self| format!("  {}  {}", exit.code(), exit.meaning());
        let lines: Vec<String> = Self::ALL.into_iter().map(line).collect();
        format!("Exit codes:\n{}", lines.join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
