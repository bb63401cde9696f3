package lyceum.text.vector;

import lyceum.prob.AliasTable;
import lyceum.random.Rng;
import lyceum.text.vector.Word2Vec.Mode;
import lyceum.text.vector.Word2Vec.Output;

/** One thread's descent: an example is a gradient, taken whole at the weights as they are, then a step against it. */
final class Word2VecStep implements SkipGramPairs.WindowTaker {
    final Rng rng;
    double rate, loss;
    long examples;
    private final Word2VecModel model;
    private final AliasTable noise;
    private final OutputSlopes slopes;
    private final int[] drawn, inputs;

    Word2VecStep(Word2VecModel model, AliasTable noise, int negatives, Rng rng) {
        this.model = model;
        this.noise = noise;
        this.rng = rng;
        slopes = model.slopes(negatives);
        drawn = new int[model.output() == Output.NEGATIVE_SAMPLING ? negatives : 0];
        inputs = new int[2 * model.window()];
    }

    @Override public void take(int[] text, int at, int from, int to) {
        int n = 0;
        for (int i = from; i < to; i++) {
            if (i == at) continue;
            if (model.mode() == Mode.CBOW) inputs[n++] = text[i];
            else {
                inputs[0] = text[at];
                step(1, text[i]);
            }
        }
        if (n > 0) step(n, text[at]);
    }

    private void step(int n, int target) {
        for (int k = 0; k < drawn.length; k++) drawn[k] = noise.sample(rng);
        loss += slopes.of(inputs, n, target, drawn);
        examples++;
        double[] hidden = slopes.hidden;
        for (int j = 0; j < slopes.count; j++) {
            float[] row = model.out[slopes.rows[j]];
            double by = -rate * slopes.slope[j];
            for (int d = 0; d < row.length; d++) row[d] += (float) (by * hidden[d]);
        }
        double by = -rate / n;
        for (int i = 0; i < n; i++) {
            float[] row = model.in[inputs[i]];
            for (int d = 0; d < row.length; d++) row[d] += (float) (by * slopes.hiddenGradient[d]);
        }
    }
}
