package lyceum.train;

/**
 * Ends a run when its score has not improved for a while. The score is the validation loss, or the training loss where there is no validation.
 *
 * @param patience epochs without improvement after which it stops, at least 1
 * @param least what counts as an improvement: the score falls by more than this
 * @param restoreBest true to leave the parameters of the best epoch in the model, false those of the last
 * @see <a href="https://doi.org/10.1007/3-540-49430-8_3">Prechelt (1998)</a>
 */
public record EarlyStopping(int patience, double least, boolean restoreBest) {
    public EarlyStopping {
        if (patience < 1) throw new IllegalArgumentException("EarlyStopping: patience is " + patience + "; it is at least 1");
        if (!(least >= 0)) throw new IllegalArgumentException("EarlyStopping: least is " + least + "; it is at least 0");
    }

    /** Any improvement counts, and the best epoch is restored. */
    public EarlyStopping(int patience) { this(patience, 0, true); }
}
