package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.random.Rng;

/** A decoder of 12 layers 1024 wide with random weights in a GGUF file, which peers read too; it is deleted in the end. */
final class GgufFile implements AutoCloseable {
    static final int IDS = 32_000;
    private static final int LAYERS = 12, WIDTH = 1024, HEADS = 16, KEY_HEADS = 8, HIDDEN = 2816;

    private final Path path;
    private final BlockFormat format;

    GgufFile(BlockFormat format, int context) {
        this.format = format;
        try {
            path = Files.createTempFile("lyceum-bench", ".gguf");
            path.toFile().deleteOnExit();
            var model = new DecoderLM(config(context), Rng.of(1));
            GgufModel.write(path, model, format, Map.of("tokenizer.ggml.model", "no_vocab", "llama.vocab_size", (long) IDS));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static DecoderConfig config(int context) { return DecoderConfig.llama(IDS, context, LAYERS, WIDTH, HEADS, KEY_HEADS, HIDDEN); }

    Path path() { return path; }

    /** To predict with, on the file's blocks. */
    DecoderLM model() {
        try {
            return GgufModel.ready(Gguf.read(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the matrices that a token goes through, the table of tokens not among them. */
    double weightBytes() {
        long keys = (long) WIDTH / HEADS * KEY_HEADS, wide = format.rowBytes(WIDTH);
        return LAYERS * (2 * WIDTH * wide + 2 * keys * wide + 2.0 * HIDDEN * wide + (double) WIDTH * format.rowBytes(HIDDEN))
                + (double) IDS * wide;
    }

    @Override public void close() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
