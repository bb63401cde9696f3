package lyceum.backend.device;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import lyceum.backend.Backend;
import lyceum.backend.View;
import lyceum.backend.Work;
import lyceum.memory.Storage;

/**
 * A card behind a bus that is not there: a backend computes the values, and each operator is placed, charged for the transfers of operands that lie on the
 * other side, and given to the streams of a {@link DeviceSimulation}.
 *
 * {@snippet :
 * var device = new SimulatedDevice(DeviceModel.H100, Backend.current(), Placement.faster());
 * Backend.with(device.backend(), () -> model.forward(x).compute());
 * System.out.println(device.report());
 * }
 *
 * <p>Values start on the CPU; what is written on one side is stale on the other. Copies in, kernels and copies out have a stream each and wait for one another
 * where operands say so. What Java reads of a result outside of operators is not charged: {@link #fetch} is. Operators that the device lacks, or whose operands
 * exceed its memory, run on the CPU. Calls from several threads are charged one after the other.
 */
public final class SimulatedDevice {
    private static final int IN = 0, KERNELS = 1, OUT = 2;

    /**
     * What an operator took, over all calls on one side.
     *
     * @param onDevice else on the CPU
     * @param time     picoseconds on the engine, without transfers
     * @param bytesIn  to the device for it; {@code bytesOut} back for it
     */
    public record Row(String operator, boolean onDevice, long calls, long time, double bytesIn, double bytesOut) {}

    /** @param peak bytes held by the device at most; {@code evictions} values that gave way to others */
    public record Report(List<Row> rows, DeviceSimulation.Schedule schedule, double bytesIn, double bytesOut, long peak, long evictions) {}

    private final DeviceModel model;
    private final double cpuOperations, cpuBytes;
    private final Backend computes, backend;
    private final Placement placement;
    private final Predicate<String> has;
    private final DeviceSimulation simulation;
    private final DeviceMemory memory;
    private final Map<String, Row> rows = new LinkedHashMap<>();
    private double bytesIn, bytesOut;
    private long evictions;

    /** A CPU of 100 GFLOP/s and 20 GB/s, and a device that lacks sorting. */
    public SimulatedDevice(DeviceModel model, Backend computes, Placement placement) {
        this(model, computes, placement, operator -> !operator.equals("sort"), 100e9, 20e9);
    }

    /**
     * @param has           whether the device has an operator, by the name of the backend's method
     * @param cpuOperations F32 operations a second of the CPU; {@code cpuBytes} bytes a second of its memory
     */
    public SimulatedDevice(DeviceModel model, Backend computes, Placement placement, Predicate<String> has, double cpuOperations,
            double cpuBytes) {
        this.model = model;
        this.computes = computes;
        this.placement = placement;
        this.has = has;
        this.cpuOperations = cpuOperations;
        this.cpuBytes = cpuBytes;
        simulation = new DeviceSimulation(model);
        memory = new DeviceMemory(model.capacity());
        backend = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, this::invoke);
    }

    /** For {@link Backend#with}. */
    public Backend backend() { return backend; }

    private Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        if (method.getDeclaringClass() == Object.class) return switch (method.getName()) {
            case "equals" -> proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> description();
        };
        if (method.getName().equals("name")) return "simulated";
        if (method.getName().equals("description")) return description();
        Object result;
        try {
            result = method.invoke(computes, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (method.getReturnType() == void.class) charge(method.getName(), arguments);
        return result;
    }

    private String description() { return "simulated " + model.name() + ", values by " + computes.description(); }

    private synchronized void charge(String operator, Object[] arguments) {
        var work = Work.of(operator, arguments);
        var written = outputs(operator, arguments);
        var read = new ArrayList<>(Work.views(arguments));
        if (!operator.equals("scatter")) for (var view : written) read.remove(read.lastIndexOf(view));
        Set<Storage> inputs = storages(read), outputs = storages(written);
        long since = memory.uses(), missing = 0, all = 0, stale = 0;
        for (var s : both(inputs, outputs)) all += s.bytes();
        for (var s : inputs) {
            var place = memory.of(s);
            if (!place.onDevice) missing += s.bytes();
            if (!place.onCpu) stale += s.bytes();
        }
        long cpu = DeviceModel.picoseconds(Math.max(work.operations() / cpuOperations, work.bytes() / cpuBytes)),
                kernel = model.kernelTime(work.operations(), work.bytes());
        var offer = new Placement.Offer(operator, cpu + model.busTime(stale), model.launch() + kernel + model.busTime(missing));
        boolean onDevice = has.test(operator) && memory.fits(all) && placement.onDevice(offer);
        if (onDevice) onDevice(work, inputs, outputs, since);
        else onCpu(cpu, inputs, outputs);
        rows.merge(operator + onDevice,
                new Row(operator, onDevice, 1, onDevice ? kernel : cpu, onDevice ? missing : 0, onDevice ? 0 : stale),
                (a, b) -> new Row(operator, a.onDevice, a.calls + 1, a.time + b.time, a.bytesIn + b.bytesIn, a.bytesOut + b.bytesOut));
    }

    private void onDevice(Work work, Set<Storage> inputs, Set<Storage> outputs, long since) {
        var ready = new ArrayList<DeviceSimulation.Piece>();
        for (var s : inputs) {
            var place = memory.of(s);
            if (!place.onDevice) {
                makeRoom(place.bytes, since);
                place.there = place.here == null ? simulation.copyIn(IN, place.bytes) : simulation.copyIn(IN, place.bytes, place.here);
                place.onDevice = true;
                bytesIn += place.bytes;
            }
            if (place.there != null) ready.add(place.there);
        }
        for (var s : outputs) {
            var place = memory.of(s);
            if (!place.onDevice) makeRoom(place.bytes, since);
            place.onDevice = true;
        }
        memory.sawPeak();
        var done = simulation.kernel(KERNELS, work.operations(), work.bytes(), ready.toArray(DeviceSimulation.Piece[]::new));
        for (var s : outputs) {
            var place = memory.of(s);
            place.there = done;
            place.onCpu = false;
            place.here = null;
        }
    }

    private void makeRoom(long bytes, long since) {
        for (var victim = memory.inTheWay(bytes, since); victim != null; victim = memory.inTheWay(bytes, since)) {
            toCpu(victim);
            victim.onDevice = false;
            victim.there = null;
            evictions++;
        }
    }

    private void onCpu(long time, Set<Storage> inputs, Set<Storage> outputs) {
        var ready = new ArrayList<DeviceSimulation.Piece>();
        for (var s : inputs) {
            var place = memory.of(s);
            toCpu(place);
            if (place.here != null) ready.add(place.here);
        }
        var done = simulation.onCpu(time, ready.toArray(DeviceSimulation.Piece[]::new));
        for (var s : outputs) {
            var place = memory.of(s);
            place.onCpu = true;
            place.here = done;
            place.onDevice = false;
            place.there = null;
        }
    }

    /** Copies a value back that only the device has. */
    private void toCpu(DeviceMemory.Place place) {
        if (place.onCpu) return;
        place.here = simulation.copyOut(OUT, place.bytes, place.there);
        place.onCpu = true;
        bytesOut += place.bytes;
    }

    /** Charges the copy of a result back to the CPU, if only the device has it. */
    public synchronized void fetch(View result) { toCpu(memory.of(result.storage())); }

    /** What happened so far. */
    public synchronized Report report() {
        return new Report(List.copyOf(rows.values()), simulation.run(), bytesIn, bytesOut, memory.peak(), evictions);
    }

    private static Set<Storage> storages(List<View> views) {
        Set<Storage> storages = Collections.newSetFromMap(new IdentityHashMap<>());
        for (var view : views) storages.add(view.storage());
        return storages;
    }

    private static Set<Storage> both(Set<Storage> a, Set<Storage> b) {
        Set<Storage> both = Collections.newSetFromMap(new IdentityHashMap<>());
        both.addAll(a);
        both.addAll(b);
        return both;
    }

    /** The views that a call writes: the last ones. */
    private static List<View> outputs(String operator, Object[] arguments) {
        if (arguments[arguments.length - 1] instanceof View[] several) return List.of(several);
        var views = new ArrayList<View>();
        for (var argument : arguments) if (argument instanceof View view) views.add(view);
        int written = switch (operator) {
            case "maxPool", "sort", "attention" -> 2;
            case "attentionGradient" -> 3;
            default -> 1;
        };
        if (operator.equals("attention") && arguments[arguments.length - 1] == null) written = 1;
        return views.subList(views.size() - written, views.size());
    }
}
