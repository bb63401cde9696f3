package lyceum.learn.neighbors;

import lyceum.stats.learner.LearnerInput;
import lyceum.tensor.Tensor;

/**
 * Training rows of positive weight.
 *
 * @param numbers of the rows
 * @param rows the rows
 * @param weights of the rows, or an empty array if all are 1
 */
record TrainingRows(int[] numbers, Tensor rows, double[] weights) {
    static TrainingRows of(LearnerInput input, double[] w, int k) {
        int count = 0;
        boolean unit = true;
        for (double v : w) if (v > 0) count++;
        if (k > count) throw new IllegalArgumentException(input.operation() + ": k is " + k + " but x has " + count
                + " rows of positive weight; ask for at most as many neighbours as rows");
        int[] numbers = new int[count];
        var weights = new double[count];
        count = 0;
        for (int i = 0; i < w.length; i++) {
            if (!(w[i] > 0)) continue;
            numbers[count] = i;
            weights[count++] = w[i];
            unit &= w[i] == 1;
        }
        return new TrainingRows(numbers, count == w.length ? input.x() : input.x().rows(numbers), unit ? new double[0] : weights);
    }

    int[] pick(int[] values) {
        var out = new int[numbers.length];
        for (int i = 0; i < out.length; i++) out[i] = values[numbers[i]];
        return out;
    }
}
