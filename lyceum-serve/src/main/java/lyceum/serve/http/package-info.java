/** The engine behind HTTP, as clients of OpenAI's API expect it. Start from {@link lyceum.serve.http.InferenceServer}. */
package lyceum.serve.http;
