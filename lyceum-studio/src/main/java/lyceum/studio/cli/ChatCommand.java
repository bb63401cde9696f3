package lyceum.studio.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import lyceum.llm.chat.ChatMessage;
import lyceum.llm.chat.ChatOptions;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.generate.SamplingOptions;
import lyceum.random.Rng;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum chat}: a conversation with a model, or its continuations of texts. */
@Command(name = "chat", description = "Chat with a language model; one without a chat template continues what you write.", footer = {"",
        "Examples:", "  lyceum chat model.gguf --system \"Be brief.\"", "  lyceum chat letters.model --say \"Dear\" --temperature 0.8"})
final class ChatCommand implements Callable<Integer> {
    @ParentCommand private LyceumCommand lyceum;

    @Parameters(paramLabel = "MODEL", description = "A folder of safetensors, or a .gguf file.")
    private Path path;

    @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
    private String system;

    @Option(names = "--say", paramLabel = "TEXT",
            description = "Send this and exit, instead of reading lines; may be repeated.")
    private List<String> said = List.of();

    @Option(names = "--temperature", paramLabel = "T", defaultValue = "0.7",
            description = "0 always takes the likeliest token; 0.7 by default.") private double temperature;

    @Option(names = "--top-p", paramLabel = "P", defaultValue = "0.95",
            description = "Sample from the likeliest tokens whose probabilities add up to P; 0.95 by default.") private double topP;

    @Option(names = "--max", paramLabel = "N", defaultValue = "256",
            description = "The most tokens of an answer, 256 by default.") private int most;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "0 by default.") private long seed;

    @Override public Integer call() throws IOException {
        var local = LoadedModel.ready(path);
        var terminal = lyceum.terminal();
        var sampling = temperature == 0 ? SamplingOptions.greedy() : SamplingOptions.topP(topP).withTemperature(temperature);
        Consumer<String> print = piece -> {
            terminal.out().print(piece);
            terminal.out().flush();
        };
        Consumer<String> turn;
        if (local.template() == null) {
            if (system != null) throw new IllegalArgumentException("--system: " + path + " has no chat template; it only continues texts");
            var generator = local.generator(sampling, most);
            turn = text -> {
                print.accept(text);
                generator.write(text, Rng.of(seed), piece -> print.accept(piece.text()));
            };
        } else {
            var chat = local.chat().open(system == null ? List.of() : List.of(ChatMessage.system(system)),
                    new ChatOptions(sampling, most, List.of(), seed));
            turn = text -> chat.say(ChatMessage.user(text), print);
        }
        if (!said.isEmpty()) {
            for (var text : said) answer(turn, text);
            return LyceumCommand.DONE;
        }
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        prompt(terminal);
        for (var text = lines.readLine(); text != null; text = lines.readLine()) {
            if (!text.isBlank()) answer(turn, text);
            prompt(terminal);
        }
        return LyceumCommand.DONE;
    }

    private void answer(Consumer<String> turn, String text) {
        turn.accept(text);
        lyceum.terminal().out().println();
    }

    private static void prompt(Terminal terminal) {
        if (!terminal.live()) return;
        terminal.err().print("> ");
        terminal.err().flush();
    }
}
