package lyceum.learn.imbalance;

import java.util.Arrays;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Probabilities for the frequencies of use from those of a model that was trained with others: {@code p_c = p'_c pi_c / pi'_c} over the sum of these. Right where
 * only the frequencies differ and {@code p'} is calibrated for its own.
 *
 * @param trained shares of the classes in training, weights included; positive, summing to 1
 * @param actual shares in use
 * @see <a href="https://doi.org/10.1162/089976602753284446">Saerens, Latinne and Decaestecker (2002)</a>
 */
public record PriorCorrection(double[] trained, double[] actual) {
    public PriorCorrection {
        trained = shares("trained", trained);
        actual = shares("actual", actual);
        if (trained.length != actual.length) throw new IllegalArgumentException(
                "PriorCorrection: " + trained.length + " trained shares, " + actual.length + " actual ones; one each a class is needed");
    }

    private static double[] shares(String what, double[] shares) {
        double sum = 0;
        for (double s : shares) {
            if (!(s > 0 && s <= 1)) throw new IllegalArgumentException(
                    "PriorCorrection: " + what + " shares are " + Arrays.toString(shares) + "; each is positive");
            sum += s;
        }
        if (!(Math.abs(sum - 1) <= 1e-9))
            throw new IllegalArgumentException("PriorCorrection: " + what + " shares are " + Arrays.toString(shares) + "; they sum to 1");
        return shares.clone();
    }

    /** Corrected probabilities, in the type of the given. @param probabilities (n x classes) */
    public Tensor apply(Tensor probabilities) {
        if (probabilities.rank() != 2 || probabilities.size(1) != trained.length) throw new ShapeException(
                "PriorCorrection: probabilities have shape " + probabilities.shape() + "; (n x " + trained.length + ") is needed");
        var factor = new double[trained.length];
        for (int c = 0; c < factor.length; c++) factor[c] = actual[c] / trained[c];
        var odds = probabilities.to(DType.F64).mul(Tensor.of(factor));
        return odds.div(odds.sum(1).unsqueeze(1)).to(probabilities.dtype()).compute();
    }
}
