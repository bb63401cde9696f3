package lyceum.studio.web;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.run.LabEvent;
import lyceum.plot.Figure;
import lyceum.plot.Panels;
import lyceum.plot.Plot;

/**
 * The curves of a run's trainings, as its progress tells them: work that reports a loss is one, and another begins where the steps do. Bounded, so that a page that
 * comes late gets them whole: of a long training every second point goes where there are too many, of many trainings the last stay. For one thread at a time.
 */
final class TrainingCurves {

    static final int POINTS = 160, TRAININGS = 4;
    private static final String LOSS = "loss", HELD = "validation", PACE = "rows/s";
    private static final List<String> MEASURES = List.of(LOSS, HELD, "learning rate", "gradient norm", PACE);

    /** Points are the step and the measures, NaN where there was none. */
    private record Training(String task, long total, int number, List<double[]> points) {
        /** Whether progress goes on with it: of the next one's first steps, when they are quick, none may have been told. */
        boolean goesOn(LabEvent.Progress progress) {
            return task.equals(progress.name()) && total == progress.total() && progress.done() > points.getLast()[0];
        }

        double[] column(int index) { return points.stream().mapToDouble(point -> point[index]).toArray(); }

        boolean has(int index) { return points.stream().anyMatch(point -> !Double.isNaN(point[index])); }
    }

    private final List<Training> trainings = new ArrayList<>();
    private int begun;

    /** Takes what progress says, if it is of a training. */
    void hear(LabEvent.Progress progress) {
        if (!progress.metrics().containsKey(LOSS)) return;
        var now = trainings.isEmpty() ? null : trainings.getLast();
        if (now == null || !now.goesOn(progress)) {
            now = new Training(progress.name(), progress.total(), ++begun, new ArrayList<>());
            trainings.add(now);
            if (trainings.size() > TRAININGS) trainings.removeFirst();
        }
        var point = new double[1 + MEASURES.size()];
        point[0] = progress.done();
        for (int i = 0; i < MEASURES.size(); i++) point[i + 1] = progress.metrics().getOrDefault(MEASURES.get(i), Double.NaN);
        now.points.add(point);
        if (now.points.size() > POINTS) for (int i = now.points.size() - 2; i > 0; i -= 2) now.points.remove(i);
    }

    boolean isEmpty() { return trainings.isEmpty(); }

    /** A panel for each measure that there is, the loss first. */
    Figure figure() {
        var panels = new ArrayList<Figure>();
        var names = new ArrayList<String>();
        for (int i = 0; i < MEASURES.size(); i++) {
            int index = i + 1;
            var measure = MEASURES.get(i);
            if (measure.equals(HELD) || trainings.stream().noneMatch(t -> t.has(index))) continue;
            var label = measure.equals(PACE) ? "rows a second" : measure;
            var plot = Figure.plot("");
            boolean named = begun > 1 || measure.equals(LOSS) && trainings.getLast().has(1 + MEASURES.indexOf(HELD));
            for (var training : trainings) plot = plot.line(named ? name(training) : "", training.column(0), training.column(index));
            if (measure.equals(LOSS)) plot = withHeld(plot);
            panels.add(plot.axes("step", label));
            names.add(label);
        }
        var what = String.join(", ", names);
        return new Panels("Training",
                Character.toUpperCase(what.charAt(0)) + what.substring(1) + " by step" + (begun == 1 ? "." : begun > TRAININGS
                        ? " of the last " + TRAININGS + " of " + begun + " trainings." : " of " + begun + " trainings."),
                panels.size() == 1 ? 1 : 2, panels);
    }

    /** The newest training's held-out score: with those of all, nobody could tell the lines. */
    private Plot withHeld(Plot plot) {
        int index = 1 + MEASURES.indexOf(HELD);
        var newest = trainings.getLast();
        return newest.has(index) ? plot.line("held out", newest.column(0), newest.column(index)).dashed() : plot;
    }

    private String name(Training training) { return begun == 1 ? "training" : "training " + training.number; }
}
