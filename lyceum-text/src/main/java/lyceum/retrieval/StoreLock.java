package lyceum.retrieval;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One process at a time writes to a store: a lock that the system takes back however the process ends, and beside it a file that names the holder. That file is
 * asked first, since on Linux a process that opens and closes the locked file a second time loses its lock.
 */
final class StoreLock implements AutoCloseable {
    static final String LOCK = "store.lock", HOLDER = "store.holder";

    private final FileChannel channel;
    private final Path holder;

    private StoreLock(FileChannel channel, Path holder) {
        this.channel = channel;
        this.holder = holder;
    }

    /** @throws IOException naming the process that has it */
    static StoreLock of(Path directory) throws IOException {
        var holder = directory.resolve(HOLDER);
        var self = ProcessHandle.current();
        var me = self.pid() + " " + self.info().startInstant().map(Object::toString).orElse("");
        var there = Files.exists(holder) ? Files.readString(holder) : "";
        if (there.equals(me)) throw taken(directory, there);
        var channel = FileChannel.open(directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() == null) throw taken(directory, there);
            Files.writeString(holder, me);
            return new StoreLock(channel, holder);
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw taken(directory, me);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static IOException taken(Path directory, String holder) {
        return new IOException(
                "VectorStore: " + directory + " is open for writing in process " + holder.split(" ")[0] + "; close it there");
    }

    @Override public void close() throws IOException {
        Files.deleteIfExists(holder);
        channel.close();
    }
}
