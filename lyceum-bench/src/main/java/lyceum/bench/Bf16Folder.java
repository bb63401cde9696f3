package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.DType;
import lyceum.llm.DecoderLM;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.random.Rng;

/** The decoder of {@link GgufFile} as a folder of BF16 safetensors, for a peer that reads such; it is deleted in the end. */
final class Bf16Folder implements AutoCloseable {
    /** Of one token: nobody asks for a text, but no folder is opened without it. */
    private static final String TOKENIZER = "{\"version\":\"1.0\",\"added_tokens\":[],\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}";

    private final Path path;

    Bf16Folder(int context) {
        try {
            path = Files.createTempDirectory("lyceum-bench");
            var config = GgufFile.config(context).eachBlock(b -> b.withAttention(b.attention().withDtype(DType.BF16))).withStartMark(1)
                    .withEndMark(2);
            ModelFolder.write(path, new DecoderLM(config, Rng.of(1)), ModelFamily.LLAMA);
            Files.writeString(path.resolve("tokenizer.json"), TOKENIZER);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path path() { return path; }

    /** To predict with. */
    DecoderLM model() {
        try {
            var model = ModelFolder.open(path).model();
            model.pack();
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void close() {
        try (var files = Files.list(path)) {
            for (var file : files.toList()) Files.delete(file);
            Files.delete(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
