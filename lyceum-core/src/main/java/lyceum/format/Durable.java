package lyceum.format;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;

/**
 * Files that outlast a power cut: the system keeps bytes and names in memory for a while, and gives them to the disk when told so. For what was promised to be kept; what can be
 * made again, as in a cache, need not wait for the disk.
 *
 * <p>Names are forced where the system can be asked: Windows cannot.
 */
public final class Durable {
    private Durable() {}

    /**
     * Moves a file that is whole to the place, in the same folder or one on the same disk, of another one or none. When this returns the new one is there to stay; whenever the
     * power fails before, the place holds the one or the other, whole.
     *
     * @throws IOException if it cannot be forced or moved, and then nothing is moved
     */
    public static void move(Path draft, Path file) throws IOException {
        force(draft); // bytes before the name, or the name might be found without them
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        forceNames(file.toAbsolutePath().getParent());
    }

    /** Makes a folder and those above it, where they are missing, to stay. */
    public static void createDirectories(Path folder) throws IOException {
        var made = new ArrayList<Path>();
        for (var each = folder.toAbsolutePath(); each != null && !Files.exists(each); each = each.getParent()) made.add(each);
        Files.createDirectories(folder);
        for (var each : made) forceNames(each.getParent());
    }

    /** The bytes of a file. An interrupt of the thread waits: the file would be there and the answer be that it is not. */
    public static void force(Path file) throws IOException {
        try {
            force(file, StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            force(file, StandardOpenOption.READ); // a copy of what nobody may write
        }
    }

    /** @param access to write, which Windows wants, or to read, which is all that a folder has */
    private static void force(Path file, StandardOpenOption access) throws IOException {
        uninterrupted(() -> {
            try (var channel = FileChannel.open(file, access)) {
                channel.force(true);
            }
        });
    }

    /** What is done with files. */
    @FunctionalInterface
    interface Work {
        void run() throws IOException;
    }

    /** An interrupt, which would close the channel that is worked with, waits until all is done. */
    static void uninterrupted(Work work) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) try {
                work.run();
                return;
            } catch (ClosedByInterruptException e) {
                interrupted |= Thread.interrupted();
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** The names in a folder: of files that were moved there, made or deleted. */
    public static void forceNames(Path folder) {
        try {
            force(folder, StandardOpenOption.READ);
        } catch (IOException e) {
            System.getLogger(Durable.class.getName()).log(System.Logger.Level.DEBUG, "cannot force " + folder, e);
        }
    }
}
