package lyceum.llm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import lyceum.DType;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;

/** What ONNX Runtime makes of 200 texts with MiniLM ({@code tools/golden/text_minilm.py}); the file stands with lyceum-text's tests. */
final class MiniLmStates {
    private final Map<String, Tensor> golden;
    private int compared;

    private MiniLmStates(Map<String, Tensor> golden) { this.golden = golden; }

    static MiniLmStates read() {
        try {
            return new MiniLmStates(Safetensors.read(Path.of("../lyceum-text/src/test/resources/golden/minilm.safetensors")).tensors());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int compared() { return compared; }

    int texts() { return (int) golden.get("lengths").size(0); }

    int[] ids(int text) {
        int[] lengths = golden.get("lengths").toIntArray();
        int from = Arrays.stream(lengths, 0, text).sum();
        return Arrays.copyOfRange(golden.get("ids").toIntArray(), from, from + lengths[text]);
    }

    Tensor vector(int text) { return golden.get("vectors").get(text); }

    /** The largest gap over every so-manieth text: of a number of each token and layer, and of the sum of all with signs. @param states of ids (1, T), of the embeddings and each layer */
    double worst(int every, Function<Tensor, List<Tensor>> states) {
        int[] lengths = golden.get("lengths").toIntArray();
        double[] expected = golden.get("states").flatten().toDoubleArray();
        var signs = new double[384];
        for (int j = 0; j < 384; j++) signs[j] = (j * 2654435761L >> 15 & 1) == 1 ? -1 : 1;
        double worst = 0;
        compared = 0;
        for (int text = 0, first = 0; text < lengths.length; first += lengths[text++]) {
            if (text % every != 0) continue;
            compared++;
            var ids = ids(text);
            var layers = states.apply(Tensor.of(ids, 1, ids.length));
            for (int layer = 0; layer < 7; layer++) {
                var ours = layers.get(layer).get(0).to(DType.F64).toRows();
                for (int t = 0; t < ids.length; t++) {
                    double sum = 0;
                    for (int j = 0; j < 384; j++) sum += signs[j] * ours[t][j];
                    int at = ((first + t) * 7 + layer) * 2;
                    worst = Math.max(worst, Math.abs(sum - expected[at]));
                    worst = Math.max(worst, Math.abs(ours[t][(37 * t + 61 * layer) % 384] - expected[at + 1]));
                }
            }
        }
        return worst;
    }
}
