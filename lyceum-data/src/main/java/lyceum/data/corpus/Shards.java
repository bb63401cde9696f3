package lyceum.data.corpus;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import lyceum.FormatException;
import lyceum.data.ContentHash;
import lyceum.format.Durable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A corpus on disk: packed JSON lines in files of bounded size, and a manifest with the hash of each. One after the other, unpacked, the shards are the
 * bytes of {@link #jsonl}.
 *
 * {@snippet :
 * Shards.write(corpus, folder, 256 << 20);
 * Corpus again = Shards.read(folder);       // a shard that was changed or cut off is a FormatException that names it
 * }
 */
public final class Shards {
    private static final String MANIFEST = "manifest.json";
    private static final int FORMAT_VERSION = 1, MOST_SHARDS = 1_000_000;

    private Shards() {}

    /**
     * A file of the corpus.
     *
     * @param file      its name in the folder
     * @param documents in it
     * @param bytes     of its lines, unpacked
     * @param hash      SHA-256 of those
     */
    public record Shard(String file, long documents, long bytes, String hash) {}

    /** What {@link #write} wrote. {@code hash} covers the hashes of the shards in order: equal documents in equal order, equal hash. */
    public record Manifest(List<Shard> shards, String hash) {
        public long documents() { return shards.stream().mapToLong(Shard::documents).sum(); }

        public long bytes() { return shards.stream().mapToLong(Shard::bytes).sum(); }
    }

    /** The documents as one file of JSON lines, not packed. */
    public static void jsonl(Corpus corpus, Path file) {
        var json = JsonLines.json(Integer.MAX_VALUE);
        try (var out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            corpus.forEach(document -> {
                try {
                    out.write(JsonLines.line(json, document));
                    out.write('\n');
                } catch (IOException e) {
                    throw new UncheckedIOException("cannot write " + file, e);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /**
     * Writes shards of at most {@code mostBytes} unpacked (a document that is longer has one of its own), then the manifest, whose presence says that all
     * is there.
     */
    public static Manifest write(Corpus corpus, Path folder, long mostBytes) {
        try (var writer = writer(folder, mostBytes)) {
            corpus.forEach(writer::add);
            return writer.finish();
        }
    }

    /** Writes documents one at a time, for those who have no corpus yet; {@link Writer#finish} makes them a whole. */
    public static Writer writer(Path folder, long mostBytes) {
        if (mostBytes < 1) throw new IllegalArgumentException("Shards.write: mostBytes is " + mostBytes + "; it is at least 1");
        return new Writer(folder, mostBytes);
    }

    /** Documents on their way into shards. For one thread. A run that fails leaves no manifest, so nobody takes a part for the whole. */
    public static final class Writer implements AutoCloseable {
        private final Path folder;
        private final long mostBytes;
        private final ObjectMapper json = JsonLines.json(Integer.MAX_VALUE);
        private final List<Shard> shards = new ArrayList<>();
        private ContentHash hash = ContentHash.begin();
        private OutputStream out;
        private long documents, bytes;
        private boolean failed;
        private Manifest manifest;

        private Writer(Path folder, long mostBytes) {
            this.folder = folder;
            this.mostBytes = mostBytes;
            try {
                Durable.createDirectories(folder);
            } catch (IOException e) {
                throw refused(e);
            }
            if (Files.exists(folder.resolve(MANIFEST)))
                throw new IllegalArgumentException("Shards.write: " + folder + " holds shards already; give an empty folder");
        }

        /** Adds a document after the others. */
        public void add(Document document) {
            var line = (JsonLines.line(json, document) + "\n").getBytes(StandardCharsets.UTF_8);
            try {
                if (documents > 0 && bytes + line.length > mostBytes) endShard();
                if (out == null) out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name())), 1 << 16);
                out.write(line);
            } catch (IOException e) {
                throw refused(e);
            }
            hash.bytes(line, 0, line.length);
            bytes += line.length;
            documents++;
        }

        private String name() { return String.format(Locale.ROOT, "shard-%05d.jsonl.gz", shards.size()); }

        private void endShard() throws IOException {
            if (out == null) return;
            out.close();
            Durable.force(folder.resolve(name())); // before the manifest says that it is there
            shards.add(new Shard(name(), documents, bytes, hash.hex()));
            out = null;
            documents = bytes = 0;
            hash = ContentHash.begin();
        }

        /** Writes the manifest. */
        public Manifest finish() {
            if (manifest != null) return manifest;
            try {
                endShard();
                var whole = Shards.manifest(shards);
                save(whole, folder);
                return manifest = whole;
            } catch (IOException e) {
                throw refused(e);
            }
        }

        private UncheckedIOException refused(IOException e) {
            failed = true;
            return new UncheckedIOException("Shards.write: cannot write to " + folder, e);
        }

        /** Lets go of the file; what was not finished has no manifest. */
        @Override public void close() {
            try {
                if (out != null) out.close();
            } catch (IOException e) {
                if (!failed) throw refused(e);
            }
        }
    }

    private static Manifest manifest(List<Shard> shards) {
        var hash = ContentHash.begin();
        for (var shard : shards) hash.part(shard.hash);
        return new Manifest(List.copyOf(shards), hash.hex());
    }

    private static void save(Manifest manifest, Path folder) throws IOException {
        var root = JsonLines.json(1 << 20).createObjectNode();
        root.put("formatVersion", FORMAT_VERSION).put("hash", manifest.hash).put("documents", manifest.documents()).put("bytes",
                manifest.bytes());
        var list = root.putArray("shards");
        for (var shard : manifest.shards)
            list.addObject().put("file", shard.file).put("documents", shard.documents).put("bytes", shard.bytes).put("hash", shard.hash);
        var draft = folder.resolve(MANIFEST + ".part");
        Files.writeString(draft, root.toPrettyString() + "\n");
        Durable.move(draft, folder.resolve(MANIFEST));
    }

    /** The manifest of a folder. @throws FormatException where it is none */
    public static Manifest manifest(Path folder) {
        try {
            var file = folder.resolve(MANIFEST);
            if (!Files.isReadable(file))
                throw new FormatException(folder + ": no " + MANIFEST + "; the folder holds no whole set of shards");
            var root = JsonLines.json(1 << 20).readTree(Files.readString(file));
            if (root.path("formatVersion").asInt(0) != FORMAT_VERSION) throw new FormatException(
                    file + ": format version " + root.path("formatVersion") + "; this Lyceum reads " + FORMAT_VERSION);
            var list = root.path("shards");
            if (!list.isArray() || list.size() > MOST_SHARDS) throw new FormatException(file + ": no list of shards");
            var shards = new ArrayList<Shard>();
            for (JsonNode node : list) {
                var name = node.path("file").asString("");
                var hash = node.path("hash").asString("");
                long documents = node.path("documents").asLong(-1), bytes = node.path("bytes").asLong(-1);
                if (!name.matches("[\\w.-]{1,200}") || name.startsWith(".") || !ContentHash.isOne(hash) || documents < 0 || bytes < 0)
                    throw new FormatException(file + ": shard " + shards.size() + " is malformed: " + node);
                shards.add(new Shard(name, documents, bytes, hash));
            }
            var manifest = manifest(shards);
            if (!manifest.hash.equals(root.path("hash").asString("")))
                throw new FormatException(file + ": the hash does not belong to the shards listed");
            return manifest;
        } catch (JacksonException e) {
            throw new FormatException(folder.resolve(MANIFEST) + ": not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
    }

    /** The documents, in the order in which they were written; each shard is compared with its hash as it is read. */
    public static Corpus read(Path folder) {
        var manifest = manifest(folder);
        var reader = new CorpusReader().withMostBytes(1 << 30);
        return Corpus.concat(manifest.shards.stream().<Corpus>map(shard -> () -> new Checked(folder, shard, reader)).toList());
    }

    /** Hashes the file before its first document is given out, so that nobody learns from a damaged shard. */
    private static final class Checked implements DocumentReader {
        private final DocumentReader documents;

        Checked(Path folder, Shard shard, CorpusReader reader) {
            var hash = ContentHash.begin();
            long bytes = 0;
            try (var in = Lines.opened(folder.resolve(shard.file))) {
                var buffer = new byte[1 << 16];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    hash.bytes(buffer, 0, n);
                    bytes += n;
                }
            } catch (IOException e) {
                throw new FormatException(shard.file + ": damaged or cut off: " + e.getMessage(), e);
            }
            if (bytes != shard.bytes || !hash.hex().equals(shard.hash))
                throw new FormatException(shard.file + ": its contents are not those of the manifest");
            documents = reader.jsonl(folder.resolve(shard.file)).open();
        }

        @Override public Document next() { return documents.next(); }

        @Override public void close() { documents.close(); }
    }
}
