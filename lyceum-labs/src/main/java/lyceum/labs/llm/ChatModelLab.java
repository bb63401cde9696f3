package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.CausalChatModel;
import lyceum.llm.chat.ChatFormat;
import lyceum.llm.chat.ChatOptions;
import lyceum.llm.chat.ChatTuning;
import lyceum.llm.chat.HierarchyDialogues;
import lyceum.llm.chat.HierarchyDialogues.Question;
import lyceum.llm.chat.HierarchyDialogues.Style;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.Tokenizer;
import lyceum.train.Trainer;

/** A tiny model is tuned on dialogues in which system and user ask for different styles; whom it obeys afterwards depends on whom the dialogues obeyed. */
@Lab(topics = {"chat-language-model", "system-prompt"}, title = "Whose words count")
final class ChatModelLab implements LabBody {
    private static final List<Style> STYLES = List.of(new Style("upper case", s -> s.toUpperCase(Locale.ROOT)),
            new Style("lower case", s -> s.toLowerCase(Locale.ROOT)));
    private static final List<Question> QUESTIONS = List.of(new Question("sky?", "blue."), new Question("grass?", "green."),
            new Question("snow?", "white."), new Question("coal?", "black."), new Question("blood?", "red."),
            new Question("sun?", "yellow."));

    @Override public void run(LabContext lab) {
        int epochs = lab.param("passes", 4, 1, 50), width = lab.param("width", 32, 16, 128), count = lab.param("dialogues", 300, 20, 2000);
        double conflicts = lab.param("share of conflicts", 0.5, 0.0, 1.0);
        var tokenizer = BpeTrainer.byteLevel(330, PreTokenizer.GPT2).withSpecials(ChatFormat.CHATML.marks()).train(List
                .of("system\n user\n assistant\n Answer in upper case. lower case. In upper case: sky? grass? snow? coal? blood? sun?"));
        double[] taught = new double[2];
        var losses = new double[2][];
        for (int order = 0; order < 2; order++) {
            var model = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 96, 2, width, 4, 4, 2 * width).withTied(true),
                    lab.rng(1));
            var dialogues = new HierarchyDialogues(STYLES, conflicts, order == 0).draw(count, QUESTIONS, lab.rng(2));
            var trainer = new Trainer(new AdamW(5e-3), epochs).withBatchSize(16).withClip(Clip.norm(1));
            losses[order] = new ChatTuning(tokenizer, ChatFormat.CHATML, trainer)
                    .fit(model, dialogues.stream().map(HierarchyDialogues.Dialogue::messages).toList(), lab.rng(3), lab.progress())
                    .losses();
            taught[order] = obeyed(lab, model, tokenizer, order == 0);
        }
        double[] at = IntStream.rangeClosed(1, epochs).asDoubleStream().toArray();
        lab.figure(Figure.line("Loss of what the assistant says", at, losses[0]).named("the system wins")
                .line("the user wins", at, losses[1]).axes("pass", "nats a token")
                .describedAs("Both models learn answers, styles and the end of a turn from the same dialogues."));
        lab.figure(Figure.bar("Conflicts answered in the system's style", new String[] {"taught the system's", "taught the user's"}, taught)
                .axes("dialogues", "share").describedAs("The order of who is obeyed is in the data, not in the role's name."));
        lab.shows("system-prompt", "share in the system's style where that was taught", taught[0], above(0.7));
        lab.shows("chat-language-model", "where the user's was", taught[1], below(0.3));
    }

    private static double obeyed(LabContext lab, DecoderLM model, Tokenizer tokenizer, boolean shown) {
        var assistant = new CausalChatModel(model, tokenizer, ChatFormat.CHATML);
        var rows = new ArrayList<List<?>>();
        int obeyed = 0, all = 20;
        for (var conflict : new HierarchyDialogues(STYLES, 1, true).draw(all, QUESTIONS, Rng.of(9))) {
            var answer = assistant.reply(conflict.asked(), ChatOptions.DEFAULT.withMost(12)).message().content();
            if (answer.equals(conflict.system().of().apply(answer)) && !answer.equals(conflict.user().of().apply(answer))) obeyed++;
            if (rows.size() < 6) rows.add(List.of(conflict.asked().get(0).content(), conflict.asked().get(1).content(), answer));
        }
        if (shown) lab.table("Conflicts, taught the system's style", List.of("system", "user", "answer"), rows);
        return (double) obeyed / all;
    }
}
