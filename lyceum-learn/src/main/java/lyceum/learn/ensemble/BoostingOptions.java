package lyceum.learn.ensemble;

import lyceum.withers.Withers;

/**
 * How stages follow each other.
 *
 * @param stages how many at most, 100 by default
 * @param learningRate the share of each step that is taken, 0.1 by default
 * @param rowShare share of the rows, drawn without replacement, that each stage's trees see; 1 by default
 * @param validationShare share of the rows that is held out to see when to stop; 0, the default, for never
 * @param patience stages without improvement on those rows after which to stop, 10 by default; the model keeps the stages up to the best
 * @param tolerance what counts as an improvement, 1e-4 by default
 */
@Withers
public record BoostingOptions(int stages, double learningRate, double rowShare, double validationShare, int patience, double tolerance)
        implements BoostingOptionsWithers {
    public static final BoostingOptions DEFAULT = new BoostingOptions(100, 0.1, 1, 0, 10, 1e-4);

    public BoostingOptions {
        if (stages < 1) throw new IllegalArgumentException("stages is " + stages + "; boosting needs at least 1");
        if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("learningRate is " + learningRate + "; it lies above 0");
        if (!(rowShare > 0 && rowShare <= 1))
            throw new IllegalArgumentException("rowShare is " + rowShare + "; it lies above 0 and up to 1");
        if (!(validationShare >= 0 && validationShare < 1))
            throw new IllegalArgumentException("validationShare is " + validationShare + "; it lies between 0 and 1");
        if (patience < 1) throw new IllegalArgumentException("patience is " + patience + "; at least 1 stage");
        if (!(tolerance >= 0)) throw new IllegalArgumentException("tolerance is " + tolerance + "; it is at least 0");
    }
}
