package lyceum.text.encoder;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;

/** all-MiniLM-L6-v2, read once, and what ONNX Runtime makes of 200 texts with it ({@code tools/golden/text_minilm.py}). */
public final class MiniLm {
    private MiniLm() {}

    private static class Encoder {
        static final SentenceEncoder ONE = SentenceEncoder.miniLm();
    }

    public static SentenceEncoder encoder() { return Encoder.ONE; }

    static List<String> texts() { return Golden.load("golden/minilm.json").texts("texts"); }

    static Map<String, Tensor> golden() {
        try (var in = MiniLm.class.getResourceAsStream("/golden/minilm.safetensors")) {
            return Safetensors.read(MemorySegment.ofArray(in.readAllBytes())).tensors();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
