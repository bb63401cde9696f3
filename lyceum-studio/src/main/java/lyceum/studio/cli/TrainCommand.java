package lyceum.studio.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lyceum.FormatException;
import lyceum.progress.Progress;
import lyceum.train.History;
import lyceum.train.task.MetricsLog;
import lyceum.train.task.TrainingJob;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** {@code lyceum train}: a network of one's own, as a file says. */
@Command(name = "train", description = "Train a network from a config file: on pictures, sound, text, a table or a graph.",
        footer = {"", "Examples:", "  lyceum train --config examples/fashion-mnist-cnn.yaml", "  lyceum train --config mine.yaml --resume",
                "", "A file:", "  task: images", "  data: {train: photos, validation: 0.1, augment: [flip, shift 2]}",
                "  model: {widths: [32, 64, 128]}", "  training: {epochs: 10, batch: 64, rate: 0.002}", "  out: photos.model", "",
                "Ctrl-C saves; --resume continues, bit for bit."})
final class TrainCommand implements Callable<Integer> {
    private static final YAMLMapper YAML = YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    private static final long MOST_BYTES = 1 << 20;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Option(names = "--config", paramLabel = "FILE",
            description = "A YAML or JSON file: the data, the model and how to train it.")
    private Path config;

    @Option(names = "--out", paramLabel = "DIR", description = "The run's folder, instead of out in the file.")
    private Path out;

    @Option(names = "--resume", description = "Continue the run in the folder.") private boolean resume;

    @Option(names = "--accept-changed-data",
            description = "Continue even if the data have changed since the run began.") private boolean acceptChanged;

    @Option(names = "--tasks", description = "List what a file can ask for.") private boolean tasks;

    @Override public Integer call() throws IOException {
        var terminal = lyceum.terminal();
        if (tasks) {
            for (var task : TrainingTask.all()) terminal.out().printf("%-12s %s%n", task.name(), task.description());
            return LyceumCommand.DONE;
        }
        if (config == null) throw new ParameterException(spec.commandLine(), "--config is missing; name a YAML or JSON file");
        var settings = settings(config);
        var folder = out != null ? out : settings.has("out") ? settings.path("out") : null;
        if (folder == null)
            throw new ParameterException(spec.commandLine(), "--out is missing, and " + config + " has no out; give one of them");
        try (var line = new ProgressLine(terminal, System::nanoTime); var interrupt = new Interrupt()) {
            var job = new TrainingJob(settings, folder).acceptingChangedData(acceptChanged).telling(note -> {
                line.close();
                terminal.err().println(note);
            }).afterEpochs(epoch -> {
                line.close();
                terminal.out().println(row(epoch));
            });
            var outcome = job.run(resume, shown(line).stoppedBy(interrupt::isAsked));
            line.close();
            if (!outcome.finished()) {
                terminal.out().printf("Stopped after step %,d and saved. Next: lyceum train --config %s%s --resume%n", outcome.steps(),
                        config, out == null ? "" : " --out " + out);
                return LyceumCommand.FAILED;
            }
            FigureText.lines(MetricsLog.figure(MetricsLog.read(job.metrics())), terminal, terminal.columns() - 2)
                    .forEach(terminal.out()::println);
            terminal.out().printf("%,d steps%s%n", outcome.steps(), outcome.figures().isEmpty() ? "" : ": " + numbers(outcome.figures()));
            terminal.out().println("Written: " + folder + ", with metrics.jsonl and curve.svg");
        }
        return LyceumCommand.DONE;
    }

    /** @throws FormatException saying where the file is not YAML */
    static TrainingSettings settings(Path file) throws IOException {
        if (Files.size(FitCommand.existing(file)) > MOST_BYTES) throw new FormatException(file + ": it is larger than 1 MiB");
        JsonNode root;
        try {
            root = YAML.readTree(Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new FormatException(file + ": it is not UTF-8", e);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new FormatException(file + (at == null ? "" : ", line " + at.getLineNr()) + ": " + e.getOriginalMessage(), e);
        }
        return TrainingSettings.of(file, root);
    }

    private static Progress shown(ProgressLine line) {
        return update -> line.show(update.message().isEmpty() ? update.task() : update.task() + ", " + update.message(), update.step(),
                update.total(), update.metrics().isEmpty() ? -1 : Double.NaN, numbers(update.metrics()));
    }

    private static String row(History.Epoch epoch) {
        return String.format(Locale.ROOT, "epoch %-4d loss %.4f%s", epoch.number() + 1, epoch.loss(),
                Double.isNaN(epoch.validation()) ? "" : String.format(Locale.ROOT, ", held out %.4f", epoch.validation())
                        + (epoch.metrics().isEmpty() ? "" : ", " + numbers(epoch.metrics())));
    }

    private static String numbers(Map<String, Double> values) {
        return values.entrySet().stream().map(e -> e.getKey() + " " + String.format(Locale.ROOT, "%.4f", e.getValue()))
                .collect(Collectors.joining(", "));
    }
}
