//! Where the bytes of an input come from.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;

/// Bytes of an input.
#[derive(Debug)]
pub(super) enum Source {
    File(File),
    Pipe(Pipe),
}

impl Source {
    pub(super) fn open(path: &Path, stop: watch::Receiver<u32>) -> io::Result<Self> {
        if path.is_file() || !path.exists() {
            return File::open(path).map(Self::File);
        }
        Pipe::open(path.to_owned(), stop).map(Self::Pipe)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Pipe(pipe) => pipe.read(buffer),
        }
    }
}

/// A pipe, a terminal, or whatever else may keep its reader waiting: already when it is opened. So
/// somebody else waits, whom nobody has to wait for.
#[derive(Debug)]
pub(super) struct Pipe {
    parts: Receiver<io::Result<Vec<u8>>>,
    part: Cursor<Vec<u8>>,
    stop: watch::Receiver<u32>,
}

impl Pipe {
    fn open(path: PathBuf, stop: watch::Receiver<u32>) -> io::Result<Self> {
        let (sender, parts) = mpsc::sync_channel(1);
        thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                if let Err(error) = hand_over(&path, &sender) {
                    // Where it ends, nobody may be there any more.
                    let _ = sender.send(Err(error));
                }
            })?;
        Ok(Self {
            parts,
            part: Cursor::default(),
            stop,
        })
    }

    /// The next part; an empty one is the end.
    fn next(&self) -> io::Result<Vec<u8>> {
        /// So late a wish to stop is noticed.
        const LOOK: Duration = Duration::from_millis(100);
        loop {
            match self.parts.recv_timeout(LOOK) {
                Ok(part) => return part,
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) if *self.stop.borrow() > 0 => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(buffer)?;
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        self.part = Cursor::new(self.next()?);
        self.part.read(buffer)
    }
}

/// Hands over what comes, to its end or until nobody wants it.
fn hand_over(path: &Path, to: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let part = match file.read(&mut buffer) {
            Ok(count) => buffer.get(..count).unwrap_or_default().to_vec(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if part.is_empty() || to.send(Ok(part)).is_err() {
            return Ok(());
        }
    }
}
