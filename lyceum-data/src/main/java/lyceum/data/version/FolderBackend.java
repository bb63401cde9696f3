package lyceum.data.version;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.data.ContentHash;
import lyceum.format.Durable;
import lyceum.format.FolderDraft;

/**
 * Objects as files {@code objects/ab/cdef...}, names as files below {@code names}. A file is a draft in its folder until it is whole: one that a killed process left is
 * deleted when the store is opened. What a name points at is on the disk before the name is: objects wait for that together, not one by one.
 */
final class FolderBackend implements ObjectBackend {
    private static final long MOST_BYTES = 1L << 30;
    private static final int TOGETHER = 16;
    /** What an earlier version may have left among the names begins so. */
    private static final String DRAFT = ".draft";

    private final Path objects, names;
    /** Objects that a power cut may lose. */
    private final Set<Path> waiting = ConcurrentHashMap.newKeySet();

    FolderBackend(Path folder) {
        objects = folder.resolve("objects");
        names = folder.resolve("names");
        try {
            Durable.createDirectories(objects);
            Durable.createDirectories(names);
            FolderDraft.deleteLeftBehind(objects);
            FolderDraft.deleteLeftBehind(names);
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot make " + folder, e);
        }
    }

    private Path file(String hash) {
        if (!ContentHash.isOne(hash)) throw new FormatException("DatasetStore: '" + hash + "' is not a hash");
        return objects.resolve(hash.substring(0, 2)).resolve(hash.substring(2));
    }

    @Override public void put(String hash, byte[] bytes) {
        var file = file(hash);
        if (!isWhole(file, bytes.length)) write(file, bytes, false);
        waiting.add(file); // also what is there: who wrote it may have been killed before it was forced
    }

    /** A power cut can leave a file without what was written to it. */
    private static boolean isWhole(Path file, long size) {
        try {
            return Files.size(file) == size;
        } catch (IOException e) {
            return false;
        }
    }

    private void write(Path file, byte[] bytes, boolean lasting) {
        try {
            if (lasting) Durable.createDirectories(file.getParent());
            else Files.createDirectories(file.getParent());
            FolderDraft.put(lasting ? names : objects, file, bytes, lasting);
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot write " + file, e);
        }
    }

    private void forceObjects() {
        var files = List.copyOf(waiting);
        if (files.isEmpty()) return;
        var folders = new HashSet<>(Set.of(objects));
        for (var file : files) folders.add(file.getParent());
        together(files, file -> {
            try {
                Durable.force(file);
            } catch (NoSuchFileException e) {
                // forgotten meanwhile
            } catch (IOException e) {
                throw new UncheckedIOException("DatasetStore: cannot write " + file, e);
            }
        });
        together(folders, Durable::forceNames);
        files.forEach(waiting::remove);
    }

    /** A disk makes one write of those that wait at the same time. */
    private static void together(Collection<Path> paths, Consumer<Path> force) {
        try (var threads = Executors.newFixedThreadPool(Math.min(TOGETHER, paths.size()))) {
            CompletableFuture.allOf(paths.stream().map(path -> CompletableFuture.runAsync(() -> force.accept(path), threads))
                    .toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof UncheckedIOException cause ? cause : e;
        }
    }

    @Override public byte[] get(String hash) {
        var file = file(hash);
        try {
            if (Files.size(file) > MOST_BYTES)
                throw new FormatException("DatasetStore: object " + hash + " has " + Files.size(file) + " bytes");
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot read " + file, e);
        }
    }

    @Override public boolean has(String hash) { return Files.exists(file(hash)); }

    @Override public Collection<String> hashes() {
        try (var files = Files.walk(objects, 2)) {
            return files.map(file -> objects.relativize(file).toString().replace('\\', '/').replace("/", "")).filter(ContentHash::isOne)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot list " + objects, e);
        }
    }

    @Override public void delete(String hash) {
        try {
            Files.deleteIfExists(file(hash));
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot delete " + hash, e);
        }
    }

    @Override public long bytes() {
        try (var files = Files.walk(objects)) {
            return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot list " + objects, e);
        }
    }

    private Path nameFile(String name) {
        var file = names.resolve(name).normalize();
        if (!file.startsWith(names)) throw new IllegalArgumentException("DatasetStore: '" + name + "' leads out of the store");
        return file;
    }

    @Override public String named(String name) {
        var file = nameFile(name);
        try {
            return Files.isRegularFile(file) ? Files.readString(file) : null;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot read " + file, e);
        }
    }

    @Override public void name(String name, String target) {
        var file = nameFile(name);
        if (target != null) {
            forceObjects();
            write(file, target.getBytes(StandardCharsets.UTF_8), true);
        } else try {
            if (Files.deleteIfExists(file)) Durable.forceNames(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot delete " + file, e);
        }
    }

    @Override public Map<String, String> names(String prefix) {
        var found = new TreeMap<String, String>();
        try (var files = Files.walk(names)) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                var name = names.relativize(file).toString().replace('\\', '/');
                if (name.startsWith(prefix) && !file.getFileName().toString().startsWith(DRAFT)) found.put(name, Files.readString(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot read " + names, e);
        }
        return found;
    }
}
