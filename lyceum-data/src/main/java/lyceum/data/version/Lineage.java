package lyceum.data.version;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import lyceum.FormatException;
import lyceum.LyceumException;

/**
 * How datasets were made of datasets: a graph without cycles of steps, each with the hash of its code and its parameters. Part of a {@link DatasetStore}.
 */
public final class Lineage {
    private static final String STEPS = "lineage/", MODELS = "models/";

    /**
     * A step that was done.
     *
     * @param id         hash of all the rest
     * @param transform  its name, by which {@link #replay} finds it
     * @param code       hash or version of the code that ran
     * @param parameters of the run
     * @param inputs     dataset ids, in order
     * @param output     dataset id
     * @param provenance a dataset with a row an output row: the inputs and rows that it was made of
     */
    public record Step(String id, String transform, String code, Map<String, String> parameters, List<String> inputs, String output,
            String provenance) {
        public Step {
            parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
            inputs = List.copyOf(inputs);
        }
    }

    /** Row {@code row} of a dataset. */
    public record Origin(String dataset, long row) {}

    private final DatasetStore store;

    Lineage(DatasetStore store) { this.store = store; }

    /**
     * Runs a step and records it. One that gives an input, or what an input was made of, is not recorded: that dataset was there before.
     *
     * @return the step, whose {@code output} is the new dataset
     */
    public Step derive(String name, String code, Map<String, String> parameters, List<String> inputs, RowTransform transform) {
        DatasetStore.checkName("transform", name);
        var run = run(parameters, inputs, transform);
        var step = DatasetObjects.step(store.backend(), name, code, parameters, inputs, run[0], run[1]);
        synchronized (store) {
            if (isBefore(step.output(), inputs)) return step;
            var steps = new TreeSet<>(stepIds(step.output()));
            if (steps.add(step.id())) store.backend().name(STEPS + step.output(), String.join(" ", steps));
        }
        return step;
    }

    private String[] run(Map<String, String> parameters, List<String> inputs, RowTransform transform) {
        var rows = new ArrayList<String>();
        var provenance = new ArrayList<String>();
        var sources = inputs.stream().<Iterable<String>>map(store::rows).toList();
        transform.apply(sources, Collections.unmodifiableMap(new TreeMap<>(parameters)), (text, from, numbers) -> {
            if (from.length != numbers.length)
                throw new IllegalArgumentException("RowTransform.Output.row: " + from.length + " inputs and " + numbers.length + " rows");
            var origin = new StringBuilder();
            for (int i = 0; i < from.length; i++) {
                if (from[i] < 0 || from[i] >= inputs.size() || numbers[i] < 0)
                    throw new IllegalArgumentException("RowTransform.Output.row: input " + from[i] + ", row " + numbers[i]);
                origin.append(i == 0 ? "" : " ").append(from[i]).append(':').append(numbers[i]);
            }
            rows.add(text);
            provenance.add(origin.toString());
        });
        return new String[] {store.put(rows), store.put(provenance)};
    }

    private boolean isBefore(String dataset, List<String> inputs) {
        if (inputs.contains(dataset)) return true;
        for (var input : inputs) if (ancestors(input).contains(dataset)) return true;
        return false;
    }

    private List<String> stepIds(String output) {
        var named = store.backend().named(STEPS + output);
        return named == null ? List.of() : List.of(named.split(" "));
    }

    /** The steps that made a dataset; none for one that was put in from outside. */
    public List<Step> steps(String dataset) {
        return stepIds(dataset).stream().map(id -> DatasetObjects.step(store.backend(), id)).toList();
    }

    /** All datasets of which one was made, nearest first, itself not among them. */
    public Set<String> ancestors(String dataset) {
        var found = new LinkedHashSet<String>();
        var todo = new ArrayDeque<>(List.of(dataset));
        while (!todo.isEmpty()) for (var step : steps(todo.poll())) for (var input : step.inputs()) if (found.add(input)) todo.add(input);
        return found;
    }

    /** All datasets that were made of one, itself not among them. */
    public Set<String> descendants(String dataset) {
        var uses = new HashMap<String, Set<String>>();
        for (var name : store.backend().names(STEPS).keySet())
            for (var step : steps(name.substring(STEPS.length())))
                for (var input : step.inputs()) uses.computeIfAbsent(input, key -> new LinkedHashSet<>()).add(step.output());
        var found = new LinkedHashSet<String>();
        var todo = new ArrayDeque<>(List.of(dataset));
        while (!todo.isEmpty()) for (var output : uses.getOrDefault(todo.poll(), Set.of())) if (found.add(output)) todo.add(output);
        return found;
    }

    /** The rows that a row was made of, in the step's inputs; empty for a dataset from outside. */
    public List<Origin> provenance(String dataset, long row) {
        var steps = steps(dataset);
        return steps.isEmpty() ? List.of() : origins(steps.getFirst(), row);
    }

    private List<Origin> origins(Step step, long row) {
        var text = store.row(step.provenance(), row);
        var origins = new ArrayList<Origin>();
        if (text.isEmpty()) return origins;
        for (var part : text.split(" ")) {
            var cells = part.split(":");
            try {
                origins.add(new Origin(step.inputs().get(Integer.parseInt(cells[0])), Long.parseLong(cells[1])));
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw new FormatException("DatasetStore: the provenance of row " + row + " of " + step.output() + " is malformed: " + text);
            }
        }
        return origins;
    }

    /** The rows from outside that a row was made of in the end. */
    public Set<Origin> sources(String dataset, long row) {
        var sources = new LinkedHashSet<Origin>();
        var seen = new LinkedHashSet<Origin>();
        var todo = new ArrayDeque<>(List.of(new Origin(dataset, row)));
        while (!todo.isEmpty()) {
            var origin = todo.poll();
            if (!seen.add(origin)) continue;
            if (steps(origin.dataset).isEmpty()) sources.add(origin);
            else todo.addAll(provenance(origin.dataset, origin.row));
        }
        return sources;
    }

    /**
     * Makes a dataset anew from what came from outside, each on the way once, and compares every id.
     *
     * @param transforms by name
     * @throws LyceumException naming the step that gives other rows now, or whose transform is missing
     */
    public String replay(String dataset, Map<String, RowTransform> transforms) {
        replay(dataset, transforms, new HashSet<>());
        return dataset;
    }

    private void replay(String dataset, Map<String, RowTransform> transforms, Set<String> met) {
        if (!met.add(dataset)) return;
        for (var step : steps(dataset)) {
            for (var input : step.inputs()) replay(input, transforms, met);
            var transform = transforms.get(step.transform());
            if (transform == null)
                throw new LyceumException("Lineage.replay: no transform '" + step.transform() + "' for dataset " + dataset);
            var output = run(step.parameters(), step.inputs(), transform)[0];
            if (!output.equals(dataset))
                throw new LyceumException("Lineage.replay: step '" + step.transform() + "' " + step.parameters() + " now gives " + output
                        + ", recorded is " + dataset + "; its code, " + step.code() + " then, or its order has changed");
        }
    }

    /** Records what a model was trained on. @param model a hash or a name of it */
    public void linkModel(String model, List<String> datasets) {
        DatasetStore.checkName("model", model);
        for (var dataset : datasets) store.check(dataset);
        store.backend().name(MODELS + model, String.join(" ", datasets));
    }

    /** What a model was trained on, and all that this was made of: "which data built this model?" */
    public Set<String> dataOf(String model) {
        var direct = store.backend().named(MODELS + model);
        if (direct == null) throw new LyceumException("Lineage.dataOf: model '" + model + "' is linked to no data");
        var all = new LinkedHashSet<String>();
        for (var dataset : direct.split(" ")) {
            all.add(dataset);
            all.addAll(ancestors(dataset));
        }
        return all;
    }

    /** What garbage collection must keep for the sake of a dataset: its steps, their inputs and provenance. */
    void reach(String dataset, Consumer<String> object, Consumer<String> data) {
        for (var step : steps(dataset)) {
            object.accept(step.id());
            data.accept(step.provenance());
            step.inputs().forEach(data);
        }
    }

    List<String> modelData() {
        var all = new ArrayList<String>();
        for (var datasets : store.backend().names(MODELS).values()) all.addAll(List.of(datasets.split(" ")));
        return all;
    }

    void forget(Set<String> kept) {
        for (var name : store.backend().names(STEPS).keySet())
            if (!kept.contains(name.substring(STEPS.length()))) store.backend().name(name, null);
    }
}
