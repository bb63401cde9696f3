package lyceum.backend.code;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What was generated for one CPU, each kernel when it is first asked for. A record describes a kernel: it is the key, and it generates.
 *
 * {@snippet :
 * record Scale(double factor) implements KernelCache.Form<Cpu, DoubleUnaryOperator> {
 *     @Override public DoubleUnaryOperator make(Cpu cpu) { return x -> factor * x; } // or machine code for this CPU
 * }
 * double six = kernels.of(new Scale(2)).applyAsDouble(3);
 * }
 *
 * <p>The way to a program's first kernel avoids the {@code equals} and {@code hashCode} that a record is given, which cost a millisecond where they run first:
 * forms that stand on it have their own.
 *
 * @param <C> the CPU, as generators want to know it
 */
public final class KernelCache<C> {
    /**
     * Describes something that is generated, most often a kernel: equal descriptions are one.
     *
     * @param <V> what is generated
     */
    public interface Form<C, V> {
        V make(C cpu);
    }

    private final C cpu;
    private final int most;
    private final ConcurrentHashMap<Form<C, ?>, Object> made = new ConcurrentHashMap<>();

    /** For forms of which there are only so many. */
    public KernelCache(C cpu) { this(cpu, Integer.MAX_VALUE); }

    /** @param most forms that are remembered; beyond, all are forgotten and made again as they come */
    public KernelCache(C cpu, int most) {
        this.cpu = cpu;
        this.most = most;
    }

    public C cpu() { return cpu; }

    /** What the form makes, now or earlier. What it throws is thrown, and nothing remembered. */
    @SuppressWarnings("unchecked") public <V> V of(Form<C, V> form) {
        var known = made.get(form);
        return (V) (known != null ? known : make(form));
    }

    private synchronized Object make(Form<C, ?> form) {
        var known = made.get(form); // by another thread meanwhile
        if (known != null) return known;
        if (made.size() >= most) made.clear();
        var value = form.make(cpu);
        made.put(form, value);
        return value;
    }

    /** The forms that are remembered. */
    public List<Form<C, ?>> forms() { return List.copyOf(made.keySet()); }
}
