package lyceum.data.version;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import lyceum.FormatException;
import lyceum.data.ContentHash;

/**
 * Objects as files {@code objects/ab/cdef...}, names as files below {@code names}. A file is written beside its place and then moved, so it
 * is whole or not there; until then its name begins with a dot, as no name of the store does.
 */
final class FolderBackend implements ObjectBackend {
    private static final long MOST_BYTES = 1L << 30;
    private static final String DRAFT = ".draft";

    private final Path objects, names;

    FolderBackend(Path folder) {
        objects = folder.resolve("objects");
        names = folder.resolve("names");
        try {
            Files.createDirectories(objects);
            Files.createDirectories(names);
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot make " + folder, e);
        }
    }

    private Path file(String hash) {
        if (!ContentHash.isOne(hash)) throw new FormatException("DatasetStore: '" + hash + "' is not a hash");
        return objects.resolve(hash.substring(0, 2)).resolve(hash.substring(2));
    }

    @Override public void put(String hash, byte[] bytes) { if (!has(hash)) write(file(hash), bytes); }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.getParent());
            var draft = Files.createTempFile(file.getParent(), DRAFT, ".tmp");
            Files.write(draft, bytes);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("DatasetStore: cannot write " + file, e);
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
        if (target != null) write(file, target.getBytes(StandardCharsets.UTF_8));
        else try {
            Files.deleteIfExists(file);
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
