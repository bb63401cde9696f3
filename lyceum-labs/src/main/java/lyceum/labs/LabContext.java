package lyceum.labs;

import java.awt.image.BufferedImage;
import java.util.List;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.random.Rng;

/**
 * A lab's only connection to the outside: parameters come in; text, tables, figures and checks go out.
 *
 * <pre>{@code
 * @Override public void run(LabContext lab) {
 *     int k = lab.param("k", 3, 1, 10);                       // all parameters first
 *     for (int r : lab.progress("restarts", 20)) {            // reports progress, stops when the run is cancelled
 *         var model = new KMeans(k).withSeed(r).fit(x);
 *     }
 *     lab.say("Within and between add up to %.3f.", total);
 *     lab.check(2, "within + between = total", gap, below(1e-9));
 *     lab.shows("inertia of the bad start over the best", ratio, above(1.1));
 * }
 * }</pre>
 *
 * <p>Every parameter is asked for before any other call except {@link #seed} and {@link #testMode}, so that a form can be drawn
 * by a describing run that stops at the first other call. A parameter asked for later is an {@link IllegalStateException}.
 *
 * <p>One lab uses its context from one thread at a time.
 */
public interface LabContext {

    /** A whole-number parameter between {@code min} and {@code max}, inclusive. */
    int param(String name, int defaultValue, int min, int max);

    /** A real parameter between {@code min} and {@code max}, inclusive. */
    double param(String name, double defaultValue, double min, double max);

    /** One of {@code options}, by name. */
    String choice(String name, String defaultValue, String... options);

    /** A switch. */
    boolean flag(String name, boolean defaultValue);

    /** A text of one line, at least one and at most {@code most} characters: a query, a sentence to be cut into tokens. */
    String text(String name, String defaultValue, int most);

    /**
     * A drawing: a page has a pad for it, a command line takes its text, see {@link Sketch}.
     *
     * @param defaultStrokes what is drawn at first, such as {@code "6,5 21,5 12,24"}
     * @param side of the sheet on which points lie
     */
    Sketch drawing(String name, String defaultStrokes, int side);

    /** The run's seed, 1 by default. */
    long seed();

    /** Random numbers: the stream of this name under the run's seed, the same in every run of that seed. */
    Rng rng(long stream);

    /** Whether this run is a test, at the default parameters: about a second of work. Checks are the same. */
    boolean testMode();

    /** Whether the run has been cancelled. {@link #progress} checks this for you. */
    boolean cancelled();

    /** Says a sentence, formatted as {@link String#format} does in {@link java.util.Locale#ROOT}. */
    void say(String format, Object... args);

    /**
     * Shows a table.
     *
     * @param rows cells are texts, numbers or truth values; every row has one cell a column
     */
    void table(String title, List<String> columns, List<? extends List<?>> rows);

    /**
     * Shows a figure. It must have a title, labelled axes, and one sentence that describes what it shows.
     *
     * @see Figure
     */
    void figure(Figure figure);

    /** Shows an image; {@code description} is one sentence about what it shows. */
    void image(String title, String description, BufferedImage image);

    /**
     * Proves clause {@code clause} of the lab's topic by a number and its bound: on the clause's own data, sizes, count and bound.
     * A smaller run, or a single case, only {@link #shows(String, double, Bound) illustrates} the clause. A check that does not hold fails
     * the verdict, not the run; in a run whose parameters differ from the defaults the verdict is {@link Verdict#OTHER_SETTING}.
     *
     * @throws IllegalArgumentException if the lab has several topics; then use the overload that takes a slug
     */
    void check(int clause, String name, double value, Bound bound);

    /** As {@link #check(int, String, double, Bound)}, for a statement that is true or false. */
    void check(int clause, String name, boolean holds);

    /** As {@link #check(int, String, double, Bound)}, for one of the lab's topics. */
    void check(String topic, int clause, String name, double value, Bound bound);

    /** Shows a number and its bound in the table of checks: an illustration that proves no clause. */
    void shows(String name, double value, Bound bound);

    /** As {@link #shows(String, double, Bound)}, for a statement that is true or false. */
    void shows(String name, boolean holds);

    /** As {@link #shows(String, double, Bound)}, for one of the lab's topics. */
    void shows(String topic, String name, double value, Bound bound);

    /**
     * Counts from 0 to {@code n - 1}, reporting progress.
     *
     * @throws LabCancelledException from the iteration, when the run was cancelled
     */
    Iterable<Integer> progress(String name, int n);

    /** A listener for long work such as a fit: it shows the steps, and stops the work when the run is cancelled. */
    Progress progress();
}
