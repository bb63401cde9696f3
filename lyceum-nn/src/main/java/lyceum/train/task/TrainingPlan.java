package lyceum.train.task;

import lyceum.data.DataLoader;
import lyceum.optim.Adam;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Lion;
import lyceum.optim.Muon;
import lyceum.optim.RmsProp;
import lyceum.optim.Schedule;
import lyceum.optim.Sgd;
import lyceum.optim.UpdateRule;
import lyceum.train.EarlyStopping;
import lyceum.train.MixedPrecision;
import lyceum.train.Trainer;

/**
 * The section {@code training} of a file: how long, in which batches, by which rule. Its names stand at {@link TrainingJob}.
 *
 * @param trainer as the file says, without what depends on the number of steps
 * @param steps of the whole run, or 0 where epochs count
 * @param schedule the word
 * @param warmUp share of the steps
 * @param floor of the schedule
 */
record TrainingPlan(Trainer trainer, int steps, String schedule, double warmUp, double floor) {

    /** @param held whether rows are held out to choose by */
    static TrainingPlan of(TrainingSettings settings, int rows, boolean held) {
        var training = settings.section("training");
        if (training.has("epochs") && training.has("steps"))
            throw training.wrong("steps", "it says epochs and steps; one of them is meant");
        int steps = training.whole("steps", 0, 1), accumulate = training.whole("accumulate", 1, 1);
        int batch = Math.min(rows, training.whole("batch", 32, 1));
        if (batch % accumulate != 0) throw training.wrong("accumulate", "it must divide the batch of " + batch + "; it is " + accumulate);
        long each = (rows + batch - 1L) / batch;
        int epochs = steps > 0 ? (int) ((steps + each - 1) / each) : training.whole("epochs", 10, 1);
        var trainer = new Trainer(rule(training), epochs).withBatchSize(batch).withLast(DataLoader.Last.KEEP).accumulate(accumulate);
        double clip = training.number("clip", 0, 0, Double.POSITIVE_INFINITY), averaging = training.number("averaging", 0, 0, 0.999999);
        if (clip > 0) trainer = trainer.withClip(Clip.norm(clip));
        if (averaging > 0 && steps > 0) throw training.wrong("averaging", "it goes with epochs, not with steps");
        trainer = trainer.withAveraging(averaging);
        if (training.oneOf("precision", "f32", "f32", "bf16").equals("bf16")) trainer = trainer.withPrecision(MixedPrecision.bf16());
        boolean best = training.oneOf("keep", "last", "last", "best").equals("best");
        if (best && steps > 0) throw training.wrong("keep", "best goes with epochs, not with steps");
        int patience = training.whole("patience", 0, 0);
        if ((best || patience > 0) && !held)
            throw training.wrong(best ? "keep" : "patience", "it needs rows that are held out to choose by: data.validation");
        if (best || patience > 0)
            trainer = trainer.withEarlyStopping(new EarlyStopping(patience == 0 ? Integer.MAX_VALUE : patience, 0, best));
        return new TrainingPlan(trainer, steps, training.oneOf("schedule", "cosine", "cosine", "linear", "onecycle", "constant"),
                training.number("warmUp", 0, 0, 1), training.number("floor", 0, 0, 1));
    }

    private static UpdateRule rule(TrainingSettings training) {
        var name = training.oneOf("optimizer", "adamw", "adamw", "adam", "sgd", "rmsprop", "lion", "muon");
        double rate = training.number("rate", 1e-3, 0, Double.POSITIVE_INFINITY),
                decay = training.number("weightDecay", -1, 0, Double.POSITIVE_INFINITY);
        boolean decays = decay >= 0;
        double first = name.equals("sgd") ? training.number("momentum", 0.9, 0, 0.999999)
                : name.startsWith("adam") || name.equals("lion") ? training.number("beta1", 0.9, 0, 0.999999) : 0;
        double second = name.startsWith("adam") || name.equals("lion")
                ? training.number("beta2", name.equals("lion") ? 0.99 : 0.999, 0, 0.999999) : 0;
        return switch (name) {
            case "adamw" -> new AdamW(rate).withBetas(first, second).withWeightDecay(decays ? decay : 0.01);
            case "adam" -> new Adam(rate).withBeta1(first).withBeta2(second).withWeightDecay(decays ? decay : 0);
            case "sgd" -> new Sgd(rate).withMomentum(first).withNesterov(first > 0).withWeightDecay(decays ? decay : 0);
            case "rmsprop" -> new RmsProp(rate).withWeightDecay(decays ? decay : 0);
            case "lion" -> new Lion(rate).withBeta1(first).withBeta2(second).withWeightDecay(decays ? decay : 0.01);
            default -> new Muon(rate).withWeightDecay(decays ? decay : 0.01);
        };
    }

    /** Steps of the whole run. */
    long total(int rows) {
        long batch = (long) trainer.batchSize() * trainer.accumulated();
        return steps > 0 ? steps : (rows + batch - 1) / batch * trainer.epochs();
    }

    /** The trainer with its schedule over so many steps. */
    Trainer over(long total) {
        long rise = Math.round(warmUp * total), rest = Math.max(1, total - rise);
        Schedule after = switch (schedule) {
            case "cosine" -> new Schedule.Cosine(rest).withFloor(floor);
            case "linear" -> new Schedule.Linear(rest, floor);
            case "onecycle" -> new Schedule.OneCycle(Math.max(2, total), warmUp > 0 ? warmUp : 0.3, 25, 1e4);
            default -> Schedule.CONSTANT;
        };
        return trainer.withSchedule(schedule.equals("onecycle") || rise == 0 ? after : after.warmedUp(rise));
    }
}
