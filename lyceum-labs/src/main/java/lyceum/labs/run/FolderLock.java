package lyceum.labs.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps other processes, and other stores of this one, from a folder's index while it is written. */
final class FolderLock implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 2_000;
    private static final int PAUSE_MILLIS = 2;

    private final FileChannel channel;
    private final boolean held;

    private FolderLock(FileChannel channel, boolean held) {
        this.channel = channel;
        this.held = held;
    }

    /** Waits two seconds at most: a file system without locks, or a process that hangs, should not keep runs from being stored. */
    static FolderLock take(Path folder) throws IOException {
        var channel = FileChannel.open(folder.resolve("runs.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        return new FolderLock(channel, locked(channel));
    }

    private static boolean locked(FileChannel channel) {
        for (int waited = 0; waited < PATIENCE_MILLIS; waited += PAUSE_MILLIS) {
            try {
                if (tried(channel)) return true;
                Thread.sleep(PAUSE_MILLIS);
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private static boolean tried(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another store of this process has it
        }
    }

    /** Whether this process alone may write now. */
    boolean held() { return held; }

    @Override public void close() throws IOException { channel.close(); }
}
