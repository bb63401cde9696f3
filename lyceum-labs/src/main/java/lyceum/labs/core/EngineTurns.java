package lyceum.labs.core;

import java.util.ArrayList;
import java.util.Locale;
import lyceum.backend.device.DeviceSimulation;
import lyceum.backend.device.DeviceSimulation.Engine;
import lyceum.plot.Figure;

/** When the engines of a device work. */
final class EngineTurns {
    private EngineTurns() {}

    /** A line for each engine, raised while it works. */
    static Figure of(DeviceSimulation.Schedule schedule) {
        var plot = Figure.plot("What the engines do");
        for (var engine : Engine.values()) {
            var xs = new ArrayList<Double>();
            var ys = new ArrayList<Double>();
            for (long[] turn : schedule.turns(engine)) {
                for (double[] corner : new double[][] {{turn[0], 0}, {turn[0], 0.8}, {turn[1], 0.8}, {turn[1], 0}}) {
                    xs.add(corner[0] * 1e-6);
                    ys.add(engine.ordinal() + corner[1]);
                }
            }
            if (!xs.isEmpty()) plot = plot.line(engine.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    xs.stream().mapToDouble(d -> d).toArray(), ys.stream().mapToDouble(d -> d).toArray());
        }
        return plot.axes("time [us]", "engine, raised while it works").describedAs(
                "The first copies of the weights fill the bus; later batches bring only their inputs, and launches by the CPU are what is left to wait for.");
    }
}
