package lyceum.train;

import java.util.List;

/**
 * Where a run stands, besides its tensors.
 *
 * @param epochs that have ended
 * @param step steps taken in the present epoch
 * @param lossSum of the present epoch's rows
 * @param rows seen in the present epoch
 * @param best number of the best epoch, -1 for none
 * @param bestScore its score
 * @param stopped true if something ended the run before its time
 * @param scale of the loss
 */
record TrainingState(List<History.Epoch> epochs, int step, double lossSum, long rows, int best, double bestScore, boolean stopped,
        MixedPrecision.Scale scale) {
    static TrainingState start() { return new TrainingState(List.of(), 0, 0, 0, -1, Double.NaN, false, new MixedPrecision.Scale(1, 0, 0)); }

    TrainingState stepped(double loss, int rows) {
        return new TrainingState(epochs, step + 1, lossSum + loss, this.rows + rows, best, bestScore, stopped, scale);
    }

    TrainingState ended(History.Epoch epoch, EarlyStopping.Watch watch) {
        return new TrainingState(TrainingRun.with(epochs, epoch), 0, 0, 0, watch.bestStep(), watch.best(), stopped, scale);
    }

    TrainingState stop() { return new TrainingState(epochs, step, lossSum, rows, best, bestScore, true, scale); }

    TrainingState with(MixedPrecision.Scale next) { return new TrainingState(epochs, step, lossSum, rows, best, bestScore, stopped, next); }
}
