package lyceum.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import lyceum.DType;

/**
 * One thing to measure, and whom to measure it beside.
 *
 * @param request what the peers are asked to prepare: {@code op} and its arguments; empty for nothing
 * @param target the least ratio to a peer; NaN for none
 * @param limit the most that ours may be in the unit; NaN for none
 * @param rivals others than the peers
 * @param needs the peer that the row says is not installed where none answers; empty to say nothing
 */
record Case(String name, String shape, String dtype, Unit unit, Map<String, Object> request, double target, double limit, String level,
        List<Rival> rivals, String needs) {

    /** Somebody to compare with who lives in this process. @param seconds what so many calls take */
    record Rival(String name, double target, IntToDoubleFunction seconds) {}

    Case(String name, String shape, DType type, Unit unit) {
        this(name, shape, type.name(), unit, Map.of(), Double.NaN, Double.NaN, FeatureLevel.of(type), List.of(), "");
    }

    /** Beside every peer that has the operation. */
    Case beside(String op, Map<String, ?> arguments) {
        var request = new HashMap<String, Object>(arguments);
        request.put("op", op);
        return new Case(name, shape, dtype, unit, request, target, limit, level, rivals, needs);
    }

    /** A row that says so where nobody to stand beside is installed. @param peer such as {@code torchvision} */
    Case needing(String peer) { return new Case(name, shape, dtype, unit, request, target, limit, level, rivals, peer); }

    /** At least so many times as good as each peer. Where AVX2 is asked for, the only target is nine tenths of the F32 of peers that are held to it too. */
    Case atLeast(double ratio) {
        double target = !FeatureLevel.isAvx2Asked() ? ratio : dtype.equals("F32") ? Math.min(ratio, 0.9) : Double.NaN;
        return new Case(name, shape, dtype, unit, request, target, limit, level, rivals, needs);
    }

    /** Ours is at most that, in the unit. */
    Case atMost(double limit) { return new Case(name, shape, dtype, unit, request, target, limit, level, rivals, needs); }

    /** Computed with those features. */
    Case on(String level) { return new Case(name, shape, dtype, unit, request, target, limit, level, rivals, needs); }

    /** Beside another way of ours, made when it is measured. */
    Case besideOurs(String rival, double target, Supplier<Supplier<?>> body) { return besideCalls(rival, target, new Later(body)); }

    /** Beside what so many calls would take. */
    Case besideCalls(String rival, double target, IntToDoubleFunction seconds) {
        var more = new ArrayList<>(rivals);
        more.add(new Rival(rival, FeatureLevel.isAvx2Asked() ? Double.NaN : target, seconds));
        return new Case(name, shape, dtype, unit, request, this.target, limit, level, more, needs);
    }

    /** A clock for what is made at its first tick. */
    private static final class Later implements IntToDoubleFunction {
        private final Supplier<Supplier<?>> body;
        private IntToDoubleFunction clock;

        Later(Supplier<Supplier<?>> body) { this.body = body; }

        @Override public double applyAsDouble(int calls) {
            if (clock == null) clock = Timing.clock(body.get());
            return clock.applyAsDouble(calls);
        }
    }
}
