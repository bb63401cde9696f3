package lyceum.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.opentest4j.TestAbortedException;

/** Debian's ONNX Runtime in a process of its own, for tests of what we export; they are aborted where it is not installed. */
public final class OnnxRuntime {
    private static final Path PYTHON = Path.of("/usr/bin/python3");
    private static final int NOT_INSTALLED = 3;
    private static final String SCRIPT = """
            import glob, os, sys
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

    private OnnxRuntime() {}

    /** Runs a model on NAME.npy of the folder for each of its inputs, and writes NAME.npy for each of its outputs. */
    public static void run(Path model, Path folder) throws IOException {
        if (!Files.isExecutable(PYTHON)) throw new TestAbortedException("not here: " + PYTHON);
        var log = Files.createTempFile("onnxruntime", ".log");
        try {
            int status = new ProcessBuilder(PYTHON.toString(), "-c", SCRIPT, model.toString(), folder.toString()).redirectErrorStream(true)
                    .redirectOutput(log.toFile()).start().waitFor();
            if (status == NOT_INSTALLED)
                throw new TestAbortedException("not here: Debian's package python3-onnxruntime (apt-get install python3-onnxruntime)");
            if (status != 0) throw new AssertionError(Files.readString(log).lines().filter(line -> !line.startsWith("Schema")).toList());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            Files.delete(log);
        }
    }
}
