package lyceum.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.opentest4j.TestAbortedException;

/** Debian's ONNX Runtime in a process of its own, for tests of what we export; they are aborted where it is not installed. */
public final class OnnxRuntime {
    private static final Path PYTHON = Path.of("/usr/bin/python3");
    private static final int NOT_INSTALLED = 3;
    private static final String SCRIPT = """
            import os, sys
            try:
                import numpy, onnxruntime
            except ImportError:
                sys.exit(3)
            onnxruntime.set_default_logger_severity(3)
            session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
            x = {i.name: numpy.load(os.path.join(sys.argv[2], i.name + ".npy")) for i in session.get_inputs()}
            for o, y in zip(session.get_outputs(), session.run(None, x)):
                numpy.save(os.path.join(sys.argv[2], o.name + ".npy"), y)
            """;

    private static final String CHECK = """
            import glob, sys
            try:
                import onnx
            except ImportError:
                sys.exit(3)
            files = glob.glob(sys.argv[1] + "/*.onnx")
            assert files
            for file in files:
                onnx.checker.check_model(onnx.load(file), full_check=True)
            """;

    private OnnxRuntime() {}

    /** Runs a model on NAME.npy of the folder for each of its inputs, and writes NAME.npy for each of its outputs. */
    public static void run(Path model, Path folder) throws IOException {
        python("python3-onnxruntime", SCRIPT, model.toString(), folder.toString());
    }

    /** Has the standard's checker, Debian's python3-onnx, look at every {@code .onnx} file of a folder, shapes and types included. */
    public static void check(Path folder) throws IOException { python("python3-onnx", CHECK, folder.toString()); }

    private static void python(String debian, String script, String... words) throws IOException {
        if (!Files.isExecutable(PYTHON)) throw new TestAbortedException("not here: " + PYTHON);
        var log = Files.createTempFile("onnx", ".log");
        try {
            var command = new ArrayList<>(List.of(PYTHON.toString(), "-c", script));
            command.addAll(List.of(words));
            int status = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
            if (status == NOT_INSTALLED)
                throw new TestAbortedException("not here: Debian's package " + debian + " (apt-get install " + debian + ")");
            if (status != 0)
                throw new AssertionError(Files.readAllLines(log).stream().filter(l -> !l.isBlank() && !l.startsWith("Schema")).toList());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            Files.delete(log);
        }
    }
}
