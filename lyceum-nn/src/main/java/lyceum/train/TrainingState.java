package lyceum.train;

import java.util.List;

/**
 * Where a run stands, besides its tensors.
 *
 * @param epochs that have ended
 * @param step steps taken in the present epoch
 * @param lossSum of the present epoch's units
 * @param units seen in the present epoch: rows, or what the loss is a mean of
 * @param best number of the best epoch, -1 for none
 * @param bestScore its score
 * @param stopped true if something ended the run before its time
 * @param scale of the loss
 */
record TrainingState(List<History.Epoch> epochs, int step, double lossSum, double units, int best, double bestScore, boolean stopped,
        MixedPrecision.Scale scale) {
    static TrainingState start() { return new TrainingState(List.of(), 0, 0, 0, -1, Double.NaN, false, new MixedPrecision.Scale(1, 0, 0)); }

    TrainingState stepped(double loss, double units) {
        return new TrainingState(epochs, step + 1, lossSum + loss, this.units + units, best, bestScore, stopped, scale);
    }

    TrainingState ended(History.Epoch epoch, EarlyStopping.Watch watch) {
        return new TrainingState(TrainingRun.with(epochs, epoch), 0, 0, 0, watch.bestStep(), watch.best(), stopped, scale);
    }

    TrainingState stop() { return new TrainingState(epochs, step, lossSum, units, best, bestScore, true, scale); }

    TrainingState with(MixedPrecision.Scale next) {
        return new TrainingState(epochs, step, lossSum, units, best, bestScore, stopped, next);
    }
}
