package lyceum.text.lm;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.nn.Activation;
import lyceum.nn.Conv1d;
import lyceum.nn.Embedding;
import lyceum.nn.EmbeddingConfig;
import lyceum.nn.Highway;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Words as vectors, from their bytes: (words, longest) byte numbers to (words, width). */
final class SpelledWords extends Module {
    static final int TEXT_BEGINS = 256, TEXT_ENDS = 257, WORD_BEGINS = 258, WORD_ENDS = 259, BEYOND = 260;
    private final ElmoConfig.Characters config;
    private final Embedding bytes;
    private final List<Conv1d> filters = new ArrayList<>();
    private final List<Highway> highways = new ArrayList<>();
    private final Linear projection;

    SpelledWords(ElmoConfig.Characters config, int width, Rng rng) {
        this.config = config;
        bytes = new Embedding(new EmbeddingConfig(BEYOND + 1, config.width()).withInit(Init.normal(0.3)), rng);
        int sum = 0;
        for (var f : config.filters()) {
            filters.add(new Conv1d(config.width(), f.count(), f.kernel(), rng));
            sum += f.count();
        }
        for (int i = 0; i < config.highways(); i++) highways.add(new Highway(sum, Activation.RELU, rng));
        projection = new Linear(sum, width, rng);
    }

    @Override protected Tensor compute(Tensor words, Pass pass) {
        var x = bytes.forward(words, pass).transpose(1, 2);
        var y = Tensor.concat(1, filters.stream().map(f -> f.forward(x, pass).max(2)).toArray(Tensor[]::new)).relu();
        for (var highway : highways) y = highway.forward(y, pass);
        return projection.forward(y, pass);
    }

    /** A word's bytes between marks, then what stands beyond it. */
    int[] spell(String word) { return spell(word.getBytes(StandardCharsets.UTF_8)); }

    private int[] spell(byte[] utf8) {
        var codes = new int[utf8.length];
        for (int i = 0; i < codes.length; i++) codes[i] = utf8[i] & 255;
        return spell(codes);
    }

    int[] spell(int... codes) {
        var spelled = new int[config.longest()];
        Arrays.fill(spelled, BEYOND);
        int n = Math.min(codes.length, spelled.length - 2);
        spelled[0] = WORD_BEGINS;
        System.arraycopy(codes, 0, spelled, 1, n);
        spelled[n + 1] = WORD_ENDS;
        return spelled;
    }

    /** (words, longest) */
    static Tensor tensor(int[][] spelled) {
        int n = spelled[0].length;
        var flat = new int[spelled.length * n];
        for (int i = 0; i < spelled.length; i++) System.arraycopy(spelled[i], 0, flat, i * n, n);
        return Tensor.of(flat, spelled.length, n).to(DType.I32);
    }
}
