package lyceum.serve.http;

import lyceum.llm.chat.CausalChatModel;
import lyceum.llm.chat.ChatMessage;

/** What an assistant says, piece by piece: what is certainly said, and in the end the calls of tools in it. Streamed and whole answers are read by it alike. */
final class AnswerText {
    private static final String CALL = "<tool_call>";

    private final boolean tools;
    private final StringBuilder text = new StringBuilder();
    private int told;

    AnswerText(boolean tools) { this.tools = tools; }

    /** What may be told now: nothing from the beginning of a call on, nor what may become one. */
    String add(String piece) {
        text.append(piece);
        int certain = text.length();
        if (tools) {
            int call = text.indexOf(CALL, Math.max(0, told));
            if (call >= 0) certain = call;
            else for (int n = Math.min(CALL.length() - 1, text.length() - told); n > 0; n--)
                if (CALL.startsWith(text.substring(text.length() - n))) {
                    certain = text.length() - n;
                    break;
                }
        }
        var told = text.substring(this.told, Math.max(this.told, certain));
        this.told += told.length();
        return told;
    }

    /** The whole, calls apart. */
    ChatMessage message() { return tools ? CausalChatModel.message(text.toString()) : ChatMessage.assistant(text.toString()); }

    /** What was not told and is no call: what only looked like one, and what stands behind calls. */
    String rest() {
        var left = text.substring(told);
        if (!tools || CausalChatModel.message(left).toolCalls().isEmpty()) return left;
        return CausalChatModel.message('.' + left).content().substring(1); // the dot keeps the space before what stands behind
    }
}
