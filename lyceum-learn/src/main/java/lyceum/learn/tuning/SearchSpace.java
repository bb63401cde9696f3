package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.random.Rng;

/**
 * Typed hyper-parameters and their ranges. Immutable; every method returns a longer space.
 *
 * {@snippet :
 * var space = new SearchSpace()
 *         .log("c", 1e-3, 1e3)                                  // log-uniform
 *         .choice("kernel", "rbf", "linear")
 *         .log("gamma", 1e-4, 10).when("kernel", "rbf")         // exists for this kernel only
 *         .integer("columns", 1, 10);
 * }
 *
 * @param parameters in order; a parent before what depends on it
 */
public record SearchSpace(List<Hyperparameter> parameters) {
    public SearchSpace {
        parameters = List.copyOf(parameters);
        for (int i = 0; i < parameters.size(); i++) {
            var p = parameters.get(i);
            for (int j = 0; j < i; j++)
                if (parameters.get(j).name().equals(p.name()))
                    throw new IllegalArgumentException("SearchSpace: '" + p.name() + "' stands twice");
            if (p.parent() == null) continue;
            var parent = parameters.subList(0, i).stream().filter(q -> q.name().equals(p.parent())).findFirst().orElse(null);
            if (parent == null || !parent.isChoice() || !parent.choices().containsAll(p.when()))
                throw new IllegalArgumentException("SearchSpace: '" + p.name() + "' applies when '" + p.parent() + "' is one of " + p.when()
                        + "; that must be a choice before it that has these values");
        }
    }

    /** Without parameters. */
    public SearchSpace() { this(List.of()); }

    /** A uniform number. */
    public SearchSpace real(String name, double low, double high) { return with(name, Hyperparameter.Kind.REAL, low, high); }

    /** A log-uniform number. */
    public SearchSpace log(String name, double low, double high) { return with(name, Hyperparameter.Kind.LOG_REAL, low, high); }

    /** A uniform integer, {@code high} included. */
    public SearchSpace integer(String name, long low, long high) { return with(name, Hyperparameter.Kind.INTEGER, low, high); }

    /** A log-uniform integer, {@code high} included. */
    public SearchSpace logInteger(String name, long low, long high) { return with(name, Hyperparameter.Kind.LOG_INTEGER, low, high); }

    /** One of these values, whatever they are: texts, numbers, kernels. */
    public SearchSpace choice(String name, Object... values) {
        return with(new Hyperparameter(name, Hyperparameter.Kind.CHOICE, 0, values.length, Arrays.asList(values), null, List.of()));
    }

    /** The last parameter applies only where {@code parent}, a choice, has one of these values. */
    public SearchSpace when(String parent, Object... values) {
        if (parameters.isEmpty())
            throw new IllegalArgumentException("when: there is no parameter yet that could depend on '" + parent + "'");
        var p = parameters.getLast();
        var longer = new ArrayList<>(parameters.subList(0, parameters.size() - 1));
        longer.add(new Hyperparameter(p.name(), p.kind(), p.low(), p.high(), p.choices(), parent, Arrays.asList(values)));
        return new SearchSpace(longer);
    }

    private SearchSpace with(String name, Hyperparameter.Kind kind, double low, double high) {
        return with(new Hyperparameter(name, kind, low, high, List.of(), null, List.of()));
    }

    private SearchSpace with(Hyperparameter parameter) {
        var longer = new ArrayList<>(parameters);
        longer.add(parameter);
        return new SearchSpace(longer);
    }

    public int size() { return parameters.size(); }

    /** The configuration at a point of the unit cube, one coordinate a parameter. */
    public Configuration at(double... u) {
        if (u.length != size())
            throw new IllegalArgumentException("SearchSpace.at: " + u.length + " coordinates for " + size() + " parameters");
        var values = new LinkedHashMap<String, Object>();
        for (int i = 0; i < u.length; i++) {
            if (!(u[i] >= 0 && u[i] <= 1))
                throw new IllegalArgumentException("SearchSpace.at: coordinate " + i + " is " + u[i] + "; it lies in [0, 1]");
            var p = parameters.get(i);
            if (applies(p, values)) values.put(p.name(), p.at(u[i]));
        }
        return new Configuration(values);
    }

    /** A random configuration. */
    public Configuration draw(Rng rng) {
        var u = new double[size()];
        for (int i = 0; i < u.length; i++) u[i] = rng.nextDouble();
        return at(u);
    }

    static boolean applies(Hyperparameter p, Map<String, Object> values) {
        return p.parent() == null || values.containsKey(p.parent()) && p.when().contains(values.get(p.parent()));
    }

    /** The configuration's point in the unit cube; NaN where a parameter does not apply. */
    double[] coordinates(Configuration configuration) {
        var u = new double[size()];
        for (int i = 0; i < u.length; i++) {
            var p = parameters.get(i);
            u[i] = configuration.has(p.name()) ? p.coordinate(configuration.get(p.name())) : Double.NaN;
        }
        return u;
    }

    /** Numbers for a model of the scores: a number's coordinate, an indicator for each choice; one half, and zeros, where a parameter does not apply. */
    double[] features(Configuration configuration) {
        var f = new double[featureStart(size())];
        for (int i = 0, at = 0; i < size(); i++) {
            var p = parameters.get(i);
            boolean applies = configuration.has(p.name());
            if (!p.isChoice()) f[at] = applies ? p.coordinate(configuration.get(p.name())) : 0.5;
            else if (applies) f[at + p.choices().indexOf(configuration.get(p.name()))] = 1;
            at += width(p);
        }
        return f;
    }

    /** Where a parameter's {@link #features} begin. */
    int featureStart(int parameter) { return parameters.subList(0, parameter).stream().mapToInt(SearchSpace::width).sum(); }

    private static int width(Hyperparameter p) { return p.isChoice() ? p.choices().size() : 1; }
}
