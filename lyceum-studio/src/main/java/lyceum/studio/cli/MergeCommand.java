package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.llm.weights.Dare;
import lyceum.llm.weights.MergeMethod;
import lyceum.llm.weights.MergeRecipe;
import lyceum.llm.weights.ModelMerger;
import lyceum.llm.weights.TiesMerging;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** {@code lyceum merge}: several models to one, by a recipe. */
@Command(name = "merge", description = "Merge models' weights by a recipe in mergekit's format.",
        footer = {"", "Example:", "  lyceum merge recipe.yaml merged", "", "A recipe:",
                "  merge_method: ties      # linear, slerp, task_arithmetic, ties, dare_linear, dare_ties", "  base_model: base",
                "  models:", "    - model: math", "      parameters: {weight: 0.6}", "    - model: code", "      parameters: {weight: 0.4}",
                "  parameters: {density: 0.3, lambda: 1}", "  dtype: bfloat16"})
final class MergeCommand implements Callable<Integer> {
    private static final Set<String> KNOWN = Set.of("merge_method", "base_model", "models", "parameters", "dtype");

    @ParentCommand private LyceumCommand lyceum;

    @Parameters(index = "0", paramLabel = "RECIPE", description = "A YAML file; paths in it are relative to it.")
    private Path recipe;

    @Parameters(index = "1", paramLabel = "OUT", description = "A folder, or a .safetensors file.")
    private Path out;

    @Override public Integer call() throws IOException {
        var terminal = lyceum.terminal();
        try (var line = new ProgressLine(terminal, System::nanoTime)) {
            var ancestry = read(recipe).run(out, line.progress());
            line.close();
            terminal.out().println(ancestry);
        }
        terminal.out().println("Written: " + out);
        return LyceumCommand.DONE;
    }

    /** @throws IOException naming what the recipe lacks or what is not known */
    static MergeRecipe read(Path file) throws IOException {
        JsonNode root;
        try {
            root = new YAMLMapper().readTree(Files.readString(FitCommand.existing(file)));
        } catch (JacksonException e) {
            throw new IOException(file + ": " + e.getOriginalMessage(), e);
        }
        for (var name : root.propertyNames())
            if (!KNOWN.contains(name)) throw new IOException(
                    file + ": \"" + name + "\" is unknown; known are " + KNOWN.stream().sorted().collect(Collectors.joining(", ")));
        var folder = file.toAbsolutePath().getParent();
        var sources = new ArrayList<MergeRecipe.Source>();
        var weights = new ArrayList<Double>();
        for (var model : root.path("models")) {
            if (!model.path("model").isString()) throw new IOException(file + ": each of models names a \"model\"; this is " + model);
            sources.add(new MergeRecipe.Source(folder.resolve(model.path("model").asString())));
            weights.add(model.path("parameters").path("weight").asDouble(1));
        }
        if (sources.isEmpty()) throw new IOException(file + ": models is empty");
        var base = root.path("base_model").isString() ? folder.resolve(root.path("base_model").asString()) : null;
        try {
            var method = method(root.path("merge_method").asString(""), root.path("parameters"), weights, file);
            if (method.needsBase() && base == null)
                throw new IOException(file + ": " + root.path("merge_method").asString() + " needs a base_model");
            return new MergeRecipe(base, sources, new ModelMerger(method), dtype(root.path("dtype").asString(""), file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static MergeMethod method(String name, JsonNode parameters, List<Double> weights, Path file) throws IOException {
        double density = parameters.path("density").asDouble(0.5), lambda = parameters.path("lambda").asDouble(1);
        var ties = new TiesMerging().withLambda(lambda).withWeights(weights);
        return switch (name) {
            case "linear" -> new MergeMethod.Mean(weights);
            case "slerp" -> new MergeMethod.Spherical(parameters.path("t").asDouble(0.5));
            case "task_arithmetic" -> new MergeMethod.TaskArithmetic(weights.stream().map(w -> lambda * w).toList());
            case "ties" -> ties.withDensity(density);
            case "dare_linear" ->
                    new Dare(1 - density, true, 0, new MergeMethod.TaskArithmetic(weights.stream().map(w -> lambda * w).toList()));
            case "dare_ties" -> new Dare(1 - density, true, 0, ties.withDensity(1));
            default -> throw new IOException(
                    file + ": merge_method is \"" + name + "\"; it is linear, slerp, task_arithmetic, ties, dare_linear or dare_ties");
        };
    }

    private static DType dtype(String name, Path file) throws IOException {
        return switch (name) {
            case "" -> null;
            case "float32" -> DType.F32;
            case "float16" -> DType.F16;
            case "bfloat16" -> DType.BF16;
            default -> throw new IOException(file + ": dtype is \"" + name + "\"; it is float32, float16 or bfloat16");
        };
    }
}
