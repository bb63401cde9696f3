package lyceum.labs.run;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Bound;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.labs.LabException;
import lyceum.labs.Parameter;
import lyceum.labs.Sketch;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/** Answers every parameter with its default and stops the lab at its first other call. */
final class DescribingLab implements LabContext {

    /** Not an Exception, so that a lab's own handlers let it pass. */
    private static final class Stop extends Error {
        private static final long serialVersionUID = 1;

        Stop() { super("the lab has asked for its parameters", null, false, false); }
    }

    private final List<Parameter> parameters = new ArrayList<>();

    static List<Parameter> parametersOf(LabBody body) {
        var lab = new DescribingLab();
        try {
            body.run(lab);
        } catch (Stop e) {
            return lab.parameters;
        } catch (Exception e) {
            throw new LabException(body.getClass().getName() + " failed before it had asked for its parameters: " + e.getMessage(), e);
        }
        return lab.parameters;
    }

    private <P extends Parameter> P add(P parameter) {
        if (parameters.stream().anyMatch(p -> p.name().equals(parameter.name()))) {
            throw new IllegalStateException("parameter " + parameter.name() + " is asked for twice");
        }
        parameters.add(parameter);
        return parameter;
    }

    @Override public int param(String name, int defaultValue, int min, int max) {
        return add(new Parameter.Whole(name, defaultValue, min, max)).defaultValue();
    }

    @Override public double param(String name, double defaultValue, double min, double max) {
        return add(new Parameter.Real(name, defaultValue, min, max)).defaultValue();
    }

    @Override public String choice(String name, String defaultValue, String... options) {
        return add(new Parameter.Choice(name, defaultValue, List.of(options))).defaultValue();
    }

    @Override public boolean flag(String name, boolean defaultValue) { return add(new Parameter.Flag(name, defaultValue)).defaultValue(); }

    @Override public String text(String name, String defaultValue, int most) {
        return add(new Parameter.Text(name, defaultValue, most)).defaultValue();
    }

    @Override public Sketch drawing(String name, String defaultStrokes, int side) {
        return Sketch.parse(add(new Parameter.Drawing(name, defaultStrokes, side)).defaultValue(), side);
    }

    @Override public long seed() { return 1; }

    @Override public Rng rng(long stream) { throw new Stop(); }

    @Override public boolean testMode() { return false; }

    @Override public boolean cancelled() { throw new Stop(); }

    @Override public void say(String format, Object... args) { throw new Stop(); }

    @Override public void table(String title, List<String> columns, List<? extends List<?>> rows) { throw new Stop(); }

    @Override public void figure(Figure figure) { throw new Stop(); }

    @Override public void image(String title, String description, BufferedImage image) { throw new Stop(); }

    @Override public void check(int clause, String name, double value, Bound bound) { throw new Stop(); }

    @Override public void check(int clause, String name, boolean holds) { throw new Stop(); }

    @Override public void check(String topic, int clause, String name, double value, Bound bound) { throw new Stop(); }

    @Override public void shows(String name, double value, Bound bound) { throw new Stop(); }

    @Override public void shows(String name, boolean holds) { throw new Stop(); }

    @Override public void shows(String topic, String name, double value, Bound bound) { throw new Stop(); }

    @Override public Iterable<Integer> progress(String name, int n) { throw new Stop(); }

    @Override public Progress progress() { throw new Stop(); }
}
