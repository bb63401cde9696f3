package lyceum.plot;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import lyceum.progress.Progress;

/**
 * Keeps what long work reports at each step, and plots it: the trace of a solver, a sampler or a training.
 *
 * {@snippet :
 * var trace = new ProgressTrace();
 * var minimum = new Lbfgs().minimize(f, x0, trace);
 * trace.figure();                                       // the value by step
 * trace.above("value", minimum.value());                // how far it lay above its end, on a logarithmic axis
 * }
 *
 * <p>A step that reports no number leaves nothing behind. Work that goes on under the same trace is appended. Safe to read while the work runs.
 */
public final class ProgressTrace implements Progress {
    private final SequencedMap<String, Course> courses = new LinkedHashMap<>();
    private String task = "";

    private static final class Course {
        private double[] steps = new double[64], values = new double[64];
        private int size;

        void add(double step, double value) {
            if (size == steps.length) {
                steps = Arrays.copyOf(steps, 2 * size);
                values = Arrays.copyOf(values, 2 * size);
            }
            steps[size] = step;
            values[size++] = value;
        }
    }

    @Override public synchronized void report(Update update) {
        task = update.task();
        for (Map.Entry<String, Double> metric : update.metrics().entrySet())
            courses.computeIfAbsent(metric.getKey(), _ -> new Course()).add(update.step(), metric.getValue());
    }

    /** What was reported so far, in the order of the first reports. */
    public synchronized SequencedSet<String> metrics() { return new LinkedHashSet<>(courses.sequencedKeySet()); }

    /** The steps at which a number was reported. */
    public synchronized double[] steps(String metric) {
        var course = course(metric);
        return Arrays.copyOf(course.steps, course.size);
    }

    /** A number at these steps. */
    public synchronized double[] values(String metric) {
        var course = course(metric);
        return Arrays.copyOf(course.values, course.size);
    }

    private Course course(String metric) {
        var course = courses.get(metric);
        if (course == null) throw new FigureException("ProgressTrace: '" + metric + "' was not reported; there are " + courses.keySet());
        return course;
    }

    /** Each number by step: a plot, or one beside the other. */
    public synchronized Figure figure() {
        if (courses.isEmpty()) throw new FigureException("ProgressTrace: no step has reported a number yet");
        var plots = courses.sequencedKeySet().stream().map(this::plot).toArray(Plot[]::new);
        return plots.length == 1 ? plots[0] : Figure.grid(task, Math.min(3, plots.length), plots)
                .describedAs("What " + task + " reported at each step: " + String.join(", ", courses.keySet()) + ".");
    }

    private Plot plot(String metric) {
        return Figure.plot(task + ": " + metric).line(metric, steps(metric), values(metric)).axes("step", metric)
                .describedAs("The " + metric + " at each of the " + course(metric).size + " steps that " + task + " reported.");
    }

    /** How far a number lay above {@code least}, on a logarithmic axis; steps at or below it are left out. */
    public synchronized Plot above(String metric, double least) {
        double[] steps = steps(metric), values = values(metric);
        int kept = 0;
        for (int i = 0; i < steps.length; i++) {
            if (!(values[i] > least)) continue;
            steps[kept] = steps[i];
            values[kept++] = values[i] - least;
        }
        if (kept == 0) throw new FigureException("ProgressTrace: no " + metric + " lay above " + least);
        return Figure.plot(task + ": " + metric + " above its end").line(metric, Arrays.copyOf(steps, kept), Arrays.copyOf(values, kept))
                .axes("step", metric + " - " + least).logY()
                .describedAs("How far the " + metric + " lay above " + least + " at the steps that " + task + " reported.");
    }
}
