package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.info.MutualInformation;
import lyceum.nn.ModularConfig.Selection;
import lyceum.nn.loss.LoadBalancingLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Modules that are put together anew for each input: at each of several steps one of them, or a mixture, works on the state (n, width). Which one is given, as a
 * program, or chosen by a router that reads a descriptor of the task or the state. All steps share the modules and the router.
 *
 * {@snippet :
 * var network = new ModularNetwork(List.of(new Linear(8, 8, rng), new Linear(8, 8, rng)), new ModularConfig(2, 2), rng);
 * Tensor y = network.forward(x, new int[][] {{0, 1}, {1, 1}}, pass);       // given: module 0 then 1; twice module 1
 * Tensor z = network.forward(x, descriptors, pass);                        // learned, from (n, steps, descriptor)
 * var larger = network.plus(new Linear(8, 8, rng), 1);                     // a new skill; old tasks keep their outputs to the bit
 * }
 *
 * <p>Children: {@code modules}. Parameter: {@code router} (modules, descriptor). The buffer {@code open} of the same shape is 1 where a feature of the descriptor opens
 * a module: a module is a candidate if one of the features that are not 0 opens it. Freeze with {@link #freeze}, as {@code freeze("modules.0.*")}.
 *
 * @see <a href="https://arxiv.org/abs/1511.02799">Andreas et al. (2016)</a>
 * @see <a href="https://arxiv.org/abs/1711.01239">Rosenbaum, Klinger and Riemer (2018)</a>
 */
public final class ModularNetwork extends Module {
    private final ModularConfig config;
    private final List<Module> modules;
    private final Tensor router, open;

    /** The router begins with small normal weights. */
    public ModularNetwork(List<? extends Module> modules, ModularConfig config, Rng rng) {
        this(List.copyOf(modules), config, Init.normal(0.1).sample(rng, config.dtype(), modules.size(), config.descriptor()).compute(),
                Tensor.ones(config.dtype(), modules.size(), config.descriptor()).compute());
    }

    private ModularNetwork(List<Module> modules, ModularConfig config, Tensor router, Tensor open) {
        if (modules.isEmpty()) throw new IllegalArgumentException("ModularNetwork: there is no module");
        if (config.k() > modules.size())
            throw new IllegalArgumentException("ModularNetwork: k is " + config.k() + " of " + modules.size() + " modules");
        this.config = config;
        this.modules = modules;
        this.router = router.requiresGrad();
        this.open = open;
    }

    public ModularConfig config() { return config; }

    public List<Module> skills() { return modules; }

    /** Of scores (modules, descriptor). */
    public Tensor router() { return router; }

    /**
     * A network with one module and some features of the descriptor more; the modules of this one are shared, not copied. Only the new features open the new module, so
     * tasks without them do what they did; their router's weights begin at 0.
     */
    public ModularNetwork plus(Module module, int features) {
        var more = new ArrayList<>(modules);
        more.add(module);
        long rows = modules.size(), width = config.descriptor();
        Tensor zeros = Tensor.zeros(config.dtype(), rows, features), weight = Tensor.concat(1, router.detach(), zeros),
                opened = Tensor.concat(1, open, zeros.add(1));
        return new ModularNetwork(List.copyOf(more), config.withDescriptor(config.descriptor() + features),
                Tensor.concat(0, weight, Tensor.zeros(config.dtype(), 1, width + features)).compute(),
                Tensor.concat(0, opened, Tensor.concat(1, Tensor.zeros(config.dtype(), 1, width), Tensor.ones(config.dtype(), 1, features)))
                        .compute());
    }

    /** Chosen by the state at every step. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, null, pass); }

    /** @param descriptors (n, steps, descriptor): what each step is to do */
    public Tensor forward(Tensor x, Tensor descriptors, Pass pass) {
        if (descriptors.rank() != 3 || descriptors.size(0) != x.size(0) || descriptors.size(1) != config.steps()
                || descriptors.size(2) != config.descriptor())
            throw new ShapeException("ModularNetwork: descriptors " + descriptors.shape() + " for " + x.size(0) + " inputs; they are (n, "
                    + config.steps() + ", " + config.descriptor() + ")");
        return emit(x, through(x, descriptors, pass), pass);
    }

    /** @param program the module of each input at each step; any number of steps, the same for all inputs */
    public Tensor forward(Tensor x, int[][] program, Pass pass) {
        if (program.length != x.size(0))
            throw new ShapeException("ModularNetwork: " + program.length + " programs for " + x.size(0) + " inputs");
        var h = x;
        for (int step = 0; step < program[0].length; step++) h = chosen(h, column(program, step), null, pass);
        return emit(x, h, pass);
    }

    private static int[] column(int[][] program, int step) { return Arrays.stream(program).mapToInt(row -> row[step]).toArray(); }

    private Tensor through(Tensor x, Tensor descriptors, Pass pass) {
        if (descriptors == null && x.size(-1) != config.descriptor()) throw new ShapeException("ModularNetwork: the router reads "
                + config.descriptor() + " features, the state has " + x.size(-1) + "; give descriptors");
        var h = x;
        var all = new ArrayList<Tensor>();
        for (int step = 0; step < config.steps(); step++) {
            var scores = scores(descriptors == null ? h : descriptors.select(1, step));
            boolean noisy = config.selection() == Selection.GUMBEL && pass.isTraining() && pass.rng() != null;
            // Away from 0, whose logarithm would be an infinite score.
            if (noisy) scores = scores
                    .sub(Tensor.rand(pass.rng(), scores.dtype(), scores.shape().toArray()).rsub(1).log().neg().maximum(1e-20).log());
            var p = scores.div(config.temperature()).softmax(-1);
            all.add(p);
            h = switch (config.selection()) {
                case SOFT -> mixed(h, p, pass);
                case GUMBEL -> noisy ? mixed(h, p.sub(p.detach()).add(p.argmax(-1).oneHot(p.dtype(), modules.size())), pass)
                        : chosen(h, best(p), null, pass);
                case TOP_K -> best(h, p, pass);
            };
        }
        if (config.balance() > 0) pass.penalty(() -> {
            var p = Tensor.concat(0, all.toArray(Tensor[]::new));
            return new LoadBalancingLoss().of(p, p.detach().argmax(-1).unsqueeze(1), null).mul(config.balance());
        });
        return h;
    }

    /** (n, modules), minus infinity where no feature opens a module. */
    private Tensor scores(Tensor read) {
        var d = read.to(config.dtype());
        var closed = d.ne(0).to(config.dtype()).matmul(open.transpose()).eq(0);
        // Who is open nowhere is open everywhere: a state of zeros has no features.
        return d.matmul(router.transpose()).maskedFill(closed.and(closed.all(-1, true).not()), Double.NEGATIVE_INFINITY);
    }

    private static int[] best(Tensor p) { return p.detach().argmax(-1).toIntArray(); }

    private Tensor mixed(Tensor h, Tensor weights, Pass pass) {
        Tensor y = null;
        for (int m = 0; m < modules.size(); m++) {
            var part = modules.get(m).forward(h, pass).mul(weights.narrow(1, m, 1).to(h.dtype()));
            y = y == null ? part : y.add(part);
        }
        return y;
    }

    private Tensor best(Tensor h, Tensor p, Pass pass) {
        if (config.k() == 1) return chosen(h, best(p), p, pass);
        var top = p.topk(config.k(), -1);
        Tensor shares = top.values().div(top.values().sum(-1, true)), y = null;
        for (int j = 0; j < config.k(); j++) {
            var part = chosen(h, top.indices().select(1, j).toIntArray(), null, pass).mul(shares.narrow(1, j, 1).to(h.dtype()));
            y = y == null ? part : y.add(part);
        }
        return y;
    }

    /** Each row through its module; modules without rows do not run. @param p whose gradient passes through weights of 1; or null */
    private Tensor chosen(Tensor h, int[] module, Tensor p, Pass pass) {
        var parts = new ArrayList<Tensor>();
        var order = new int[module.length];
        int at = 0;
        for (int m = 0; m < modules.size(); m++) {
            int number = m;
            int[] rows = IntStream.range(0, module.length).filter(i -> module[i] == number).toArray();
            if (rows.length == 0) continue;
            parts.add(modules.get(m).forward(rows.length == module.length ? h : h.rows(rows), pass));
            for (int row : rows) order[row] = at++;
        }
        if (at != module.length)
            throw new IllegalArgumentException("ModularNetwork: a program names a module outside 0 to " + (modules.size() - 1));
        var y = parts.size() == 1 ? parts.getFirst() : Tensor.concat(0, parts.toArray(Tensor[]::new)).rows(order);
        if (p == null) return y;
        var own = p.gather(1, Tensor.of(module).unsqueeze(1));
        return y.mul(own.sub(own.detach()).add(1).to(h.dtype()));
    }

    /** The most probable module of each input at each step, by descriptors (n, steps, descriptor). */
    public int[][] routes(Tensor descriptors) {
        var routes = new int[(int) descriptors.size(0)][config.steps()];
        for (int step = 0; step < config.steps(); step++) {
            int[] best = best(scores(descriptors.select(1, step)));
            for (int i = 0; i < best.length; i++) routes[i][step] = best[i];
        }
        return routes;
    }

    /** Share of all steps that each module takes. */
    public double[] load(int[][] routes) {
        var load = new double[modules.size()];
        long steps = 0;
        for (var route : routes) for (int m : route) {
            load[m]++;
            steps++;
        }
        for (int m = 0; m < load.length; m++) load[m] /= Math.max(1, steps);
        return load;
    }

    /** Normalised mutual information of module and primitive over all inputs and steps: 1 if each primitive has a module of its own. */
    public static double specialisation(int[][] routes, int[][] primitives) {
        int[] a = Arrays.stream(routes).flatMapToInt(Arrays::stream).toArray(),
                b = Arrays.stream(primitives).flatMapToInt(Arrays::stream).toArray();
        return MutualInformation.normalised(MutualInformation.table(a, b), MutualInformation.Norm.ARITHMETIC);
    }

    /** Parameters of the modules that routes run, each module once however often it runs; frozen ones count. The router is left out. */
    public long activeParameters(int[][] routes) {
        var used = new boolean[modules.size()];
        for (var route : routes) for (int m : route) used[m] = true;
        long sum = 0;
        for (int m = 0; m < used.length; m++) if (used[m]) for (var t : modules.get(m).state().values()) sum += t.count();
        return sum;
    }
}
