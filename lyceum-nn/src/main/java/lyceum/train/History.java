package lyceum.train;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.plot.Figure;
import lyceum.plot.Plot;

/**
 * What a run has seen, epoch by epoch.
 *
 * @param epochs in order
 * @param best number of the epoch with the best score, or -1 before the first has ended
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
     * @param metrics of the validation data at the epoch's end, by name
     */
    public record Epoch(int number, long steps, double loss, double validation, double rateFactor, SequencedMap<String, Double> metrics) {
        public Epoch { metrics = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(metrics)); }

        /** What early stopping looks at, unless it is told of a metric: the validation score, or the training loss where there is none. */
        public double score() { return Double.isNaN(validation) ? loss : validation; }
    }

    public int size() { return epochs.size(); }

    /** Mean training loss of each epoch. */
    public double[] losses() { return epochs.stream().mapToDouble(Epoch::loss).toArray(); }

    /** Validation score of each epoch; NaN where there was none. */
    public double[] validations() { return epochs.stream().mapToDouble(Epoch::validation).toArray(); }

    /** A metric of each epoch; NaN where there was none. */
    public double[] metric(String name) { return epochs.stream().mapToDouble(e -> e.metrics().getOrDefault(name, Double.NaN)).toArray(); }

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
