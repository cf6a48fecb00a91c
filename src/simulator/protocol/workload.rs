//! Parts of Graph.

/// A part of Graph with limits of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Users, groups, members, directory objects.
    Directory,
    /// Phone methods and Temporary Access Passes.
    AuthenticationMethods,
}

impl Workload {
    /// The name the statistics give it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::AuthenticationMethods => "authentication methods",
        }
    }
}
