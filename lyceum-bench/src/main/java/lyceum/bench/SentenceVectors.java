package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import lyceum.data.corpus.Corpora;
import lyceum.text.encoder.SentenceEncoder;

/** MiniLM's vectors of the King James verses and of Brown's sentences; minutes of work, so they are kept in {@code .lyceum/}. */
final class SentenceVectors {
    private static final int BATCH = 1024;

    private SentenceVectors() {}

    static List<float[]> ofVersesAndBrown(int count) {
        var file = Path.of(System.getProperty("lyceum.root", "."), ".lyceum", "sentence-vectors-" + count + ".f32");
        try {
            if (!Files.exists(file)) make(count, file);
            var bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            int width = bytes.capacity() / Float.BYTES / count;
            var rows = new ArrayList<float[]>(count);
            for (int i = 0; i < count; i++) {
                var row = new float[width];
                bytes.slice(i * width * Float.BYTES, width * Float.BYTES).asFloatBuffer().get(row);
                rows.add(row);
            }
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void make(int count, Path file) throws IOException {
        var texts = Stream.concat(Corpora.kingJames().stream(), Corpora.brown().stream()).flatMap(d -> d.text().lines())
                .filter(line -> !line.isBlank()).limit(count).toList();
        if (texts.size() < count) throw new IllegalStateException("there are " + texts.size() + " sentences of " + count);
        var encoder = SentenceEncoder.miniLm();
        Files.createDirectories(file.getParent());
        var part = file.resolveSibling(file.getFileName() + ".part");
        try (var out = Files.newByteChannel(part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
            for (int from = 0; from < count; from += BATCH) {
                var values = encoder.encode(texts.subList(from, Math.min(count, from + BATCH))).toFloatArray();
                var bytes = ByteBuffer.allocate(values.length * Float.BYTES);
                bytes.asFloatBuffer().put(values);
                out.write(bytes);
            }
        }
        Files.move(part, file);
    }
}
