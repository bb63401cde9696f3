package lyceum.labs.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import lyceum.labs.Bound;
import lyceum.labs.CheckResult;
import lyceum.labs.LabContext;
import lyceum.labs.LabImage;
import lyceum.labs.LabTable;
import lyceum.labs.Sketch;
import lyceum.labs.Verdict;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** The context of a run that goes on: hands out the values, collects what the lab emits, and tells the listener. */
final class RunningLab implements LabContext {

    /** So that a lab that talks without end fails instead of filling the memory. */
    private static final int MOST_EMITTED = 10_000;
    private static final Bound FACT = new Bound("true", v -> v == 1);
    private static final long MOST_BYTES = 32L << 20;

    private final LabRequest request;
    private final LabClass lab;
    private final Map<String, Object> values;
    private final Consumer<LabEvent> listener;
    private final Cancellation cancellation;
    private final long begin = System.nanoTime();

    private final List<String> said = new ArrayList<>();
    private final List<LabTable> tables = new ArrayList<>();
    private final List<FigureJson> figures = new ArrayList<>();
    private final List<LabImage> images = new ArrayList<>();
    private final List<CheckResult> checks = new ArrayList<>();
    private String firstOther;
    private long drawn;

    RunningLab(LabRequest request, LabClass lab, Map<String, Object> values, Consumer<LabEvent> listener, Cancellation cancellation) {
        this.request = request;
        this.lab = lab;
        this.values = values;
        this.listener = listener;
        this.cancellation = cancellation;
    }

    LabResult result() {
        return new LabResult(request.slug(), lab.name(), lab.title(), request.seed(), values, seconds(), checks, figures, tables, images,
                said, request.testMode(), Machine.version(), Machine.describe(), Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private double seconds() { return Math.rint((System.nanoTime() - begin) * 1e-6) / 1e3; }

    private Object value(String name) {
        if (firstOther != null) {
            throw new IllegalStateException(
                    "parameter " + name + " is asked for after " + firstOther + "; parameters come before every other call");
        }
        if (!values.containsKey(name)) {
            throw new IllegalStateException("parameter " + name
                    + " was not asked for when the lab was described; ask for the same parameters whatever their values");
        }
        return values.get(name);
    }

    private void other(String call) {
        if (firstOther == null) {
            firstOther = call;
        }
        cancellation.check();
    }

    private <T> void emit(List<T> into, T what, LabEvent event) {
        if (into.size() >= MOST_EMITTED) throw new IllegalStateException("the lab emits more than " + MOST_EMITTED + " of a kind");
        into.add(what);
        listener.accept(event);
    }

    private void weigh(long bytes) {
        drawn += bytes;
        if (drawn > MOST_BYTES) {
            throw new IllegalStateException(
                    "the lab's figures and images take " + drawn + " bytes; at most " + MOST_BYTES + " are kept: draw fewer points");
        }
    }

    @Override public int param(String name, int defaultValue, int min, int max) { return (Integer) value(name); }

    @Override public double param(String name, double defaultValue, double min, double max) { return (Double) value(name); }

    @Override public String choice(String name, String defaultValue, String... options) { return (String) value(name); }

    @Override public boolean flag(String name, boolean defaultValue) { return (Boolean) value(name); }

    @Override public String text(String name, String defaultValue, int most) { return (String) value(name); }

    @Override public Sketch drawing(String name, String defaultStrokes, int side) { return Sketch.parse((String) value(name), side); }

    @Override public long seed() { return request.seed(); }

    @Override public Rng rng(long stream) {
        other("rng");
        return Rng.of(request.seed()).split(stream);
    }

    @Override public boolean testMode() { return request.testMode(); }

    @Override public boolean cancelled() {
        if (firstOther == null) {
            firstOther = "cancelled()";
        }
        return cancellation.asked();
    }

    @Override public void say(String format, Object... args) {
        other("say");
        var text = String.format(Locale.ROOT, format, args);
        emit(said, text, new LabEvent.Said(text));
    }

    @Override public void table(String title, List<String> columns, List<? extends List<?>> rows) {
        other("table");
        var table = new LabTable(title, columns, rows.stream().<List<Object>>map(List::copyOf).toList());
        emit(tables, table, new LabEvent.Table(table));
    }

    @Override public void figure(Figure figure) {
        other("figure");
        var json = FigureJson.of(figure);
        weigh(json.text().length());
        emit(figures, json, new LabEvent.Figure(figure.title(), json));
    }

    @Override public void image(String title, String description, BufferedImage image) {
        other("image");
        var png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        weigh(png.size());
        var shown = new LabImage(title, description, image.getWidth(), image.getHeight(), png.toByteArray());
        emit(images, shown, new LabEvent.Image(shown));
    }

    @Override public void check(int clause, String name, double value, Bound bound) { check(onlyTopic(name), clause, name, value, bound); }

    @Override public void check(int clause, String name, boolean holds) { check(onlyTopic(name), clause, name, holds ? 1 : 0, FACT); }

    @Override public void check(String topic, int clause, String name, double value, Bound bound) {
        if (clause < 1) throw new IllegalArgumentException("clause is " + clause + "; clauses are numbered from 1");
        add(topic, clause, name, value, bound);
    }

    @Override public void shows(String name, double value, Bound bound) { shows(lab.topics().getFirst(), name, value, bound); }

    @Override public void shows(String name, boolean holds) { shows(name, holds ? 1 : 0, FACT); }

    @Override public void shows(String topic, String name, double value, Bound bound) { add(topic, 0, name, value, bound); }

    private String onlyTopic(String check) {
        if (lab.topics().size() > 1) {
            throw new IllegalArgumentException(
                    "check '" + check + "' names no topic; " + lab.name() + " has " + String.join(", ", lab.topics()));
        }
        return lab.topics().getFirst();
    }

    private void add(String topic, int clause, String name, double value, Bound bound) {
        other("check");
        if (!lab.topics().contains(topic)) {
            throw new IllegalArgumentException(
                    "check '" + name + "' is about " + topic + "; @Lab of " + lab.name() + " names " + String.join(", ", lab.topics()));
        }
        var check = new CheckResult(name, topic, clause, value, bound.expected(),
                Verdict.of(clause > 0, lab.isDefault(values), bound.holds(value)));
        emit(checks, check, new LabEvent.Check(check));
    }

    @Override public Iterable<Integer> progress(String name, int n) {
        other("progress");
        return () -> new Counting(name, n);
    }

    @Override public Progress progress() {
        other("progress");
        return new ProgressMeter(listener, cancellation);
    }

    private final class Counting implements Iterator<Integer> {
        private final String name;
        private final int n;
        private final ProgressMeter meter = new ProgressMeter(listener, cancellation);
        private int next;

        Counting(String name, int n) {
            this.name = name;
            this.n = n;
        }

        @Override public boolean hasNext() {
            cancellation.check();
            meter.tell(name, next, n);
            return next < n;
        }

        @Override public Integer next() {
            if (next >= n) throw new NoSuchElementException();
            return next++;
        }
    }
}
