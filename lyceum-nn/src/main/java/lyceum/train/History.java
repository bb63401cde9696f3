package lyceum.train;

import java.util.List;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/**
 * What a run has seen, epoch by epoch.
 *
 * @param epochs in order
 * @param best number of the epoch with the lowest score, or -1 before the first has ended
 * @param stoppedEarly true if early stopping or a listener ended the run
 */
public record History(List<Epoch> epochs, int best, boolean stoppedEarly) {
    public History { epochs = List.copyOf(epochs); }

    /**
     * One pass over the data.
     *
     * @param number from 0
     * @param steps optimiser steps taken since the run began
     * @param loss mean training loss over the epoch's examples, each before the step that it caused
     * @param validation the validation score at the epoch's end, NaN where there is none
     * @param rateFactor what the schedule multiplied learning rates by at the epoch's end
     */
    public record Epoch(int number, long steps, double loss, double validation, double rateFactor) {
        /** What early stopping looks at. */
        public double score() { return Double.isNaN(validation) ? loss : validation; }
    }

    public int size() { return epochs.size(); }

    /** Mean training loss of each epoch. */
    public double[] losses() { return epochs.stream().mapToDouble(Epoch::loss).toArray(); }

    /** Validation score of each epoch; NaN where there was none. */
    public double[] validations() { return epochs.stream().mapToDouble(Epoch::validation).toArray(); }

    /** Loss and validation score by epoch, with the best epoch marked. */
    public Figure figure() {
        double[] at = epochs.stream().mapToDouble(e -> e.number() + 1).toArray();
        Plot plot = Figure.plot("Training").line("training", at, losses()).axes("epoch", "loss");
        boolean validated = epochs.stream().anyMatch(e -> !Double.isNaN(e.validation()));
        if (validated) plot = plot.line("validation", at, validations());
        if (best >= 0) plot = plot.verticalLine(best + 1, "best");
        return plot.describedAs(validated ? "Training loss and validation score by epoch; a line marks the best epoch."
                : "Training loss by epoch; a line marks the best epoch.");
    }
}
