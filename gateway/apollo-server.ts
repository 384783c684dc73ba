/** Apollo Server in front of the query gateway: protocol, parsing and validation of requests. */

import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginUsageReporting } from '@apollo/server/plugin/usageReporting';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { GatewayContext } from './gateway-context.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewayLimits, GatewayOptions } from './gateway-options.ts';
import { literalRules } from './limits/literal-rules.ts';
import type { Admission } from './limits/admission.ts';
import { withHttpStatus } from './limits/http-refusal.ts';
import { isTokenLimit, limitRules, tooManyTokens } from './limits/operation-limits.ts';
import { withoutSuggestion } from './limits/suggestions.ts';

interface Parts {
  readonly gateway: GatewayInterface;
  readonly limits: GatewayLimits;
  readonly admission: Admission;
  readonly options: Pick<GatewayOptions, 'isProduction' | 'apollo' | 'logger' | 'clock'>;
  readonly metrics: GatewayMetrics;
}

export function createApolloServer(parts: Parts): ApolloServer<GatewayContext> {
  const { gateway, limits, admission, options, metrics } = parts;
  const { isProduction, logger, clock, apollo } = options;
  return new ApolloServer<GatewayContext>({
    gateway,
    logger: apolloLogger(logger),
    // Who may introspect is decided by the access filter, which knows the caller.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: isProduction,
    stopOnTerminationSignals: false,
    nodeEnv: isProduction ? 'production' : 'development',
    parseOptions: Number.isFinite(limits.maxTokens) ? { maxTokens: limits.maxTokens } : {},
    validationRules: [...limitRules(limits), ...literalRules(limits)],
    formatError: (formatted, error) => {
      const coded = withOwnCode(formatted, error, limits);
      return isProduction ? withoutSuggestion(coded) : coded;
    },
    ...(isReporting(apollo) ? { apollo: { key: apollo.key, graphRef: apollo.graphRef } } : {}),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      isReporting(apollo)
        ? ApolloServerPluginUsageReporting(reportingOptions(apollo))
        : ApolloServerPluginUsageReportingDisabled(),
      countingPlugin(metrics, clock),
      admissionPlugin(admission, limits),
    ],
  });
}

/** What is sent never holds a variable or a header. */
function reportingOptions({ reportingUrl }: GatewayOptions['apollo']) {
  return {
    sendVariableValues: { none: true } as const,
    sendHeaders: { none: true } as const,
    ...(reportingUrl === undefined ? {} : { endpointUrl: reportingUrl }),
  };
}

function isReporting(
  apollo: GatewayOptions['apollo'],
): apollo is GatewayOptions['apollo'] & { readonly key: string; readonly graphRef: string } {
  return apollo.key !== undefined && apollo.graphRef !== undefined;
}

function countingPlugin(metrics: GatewayMetrics, clock: Clock): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => {
      const startedAtMs = clock.nowMs();
      return {
        willSendResponse: async ({ operation, contextValue, response: { body } }) => {
          const result = body.kind === 'single' ? body.singleResult : body.initialResult;
          const outcome = result.data === undefined ? 'refused' : result.errors ? 'errors' : 'ok';
          const type = operation?.operation ?? 'unknown';
          const { transport } = contextValue;
          metrics.answered({ type, transport, outcome }, clock.nowMs() - startedAtMs);
        },
      };
    },
  };
}

/**
 * Operations over HTTP are admitted here, those of sockets before they are run. Both say what they
 * were thought to cost when they are asked to, by `extensions: { cost: true }`.
 */
function admissionPlugin(
  { admit, estimate }: Admission,
  { maxCost }: GatewayLimits,
): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, queryHash, request, contextValue }) => {
        const { payer } = contextValue;
        if (!payer || !operation) return;
        const variables = request.variables ?? {};
        const roles = contextValue.request.identity?.roles ?? [];
        const refusal = admit({ document, operation, hash: queryHash, variables, roles, payer });
        if (refusal) throw withHttpStatus(refusal);
      },
      willSendResponse: async ({ document, operation, request, response: { body } }) => {
        if (request.extensions?.['cost'] !== true || !document || !operation) return;
        if (body.kind !== 'single') return;
        const estimated = estimate({ document, operation, variables: request.variables ?? {} });
        const cost = Number.isFinite(maxCost) ? { estimated, maxCost } : { estimated };
        body.singleResult.extensions = { ...body.singleResult.extensions, cost };
      },
    }),
  };
}

/** Apollo Server gives every error of a stage one code; one of ours keeps its own. */
function withOwnCode(
  formatted: GraphQLFormattedError,
  error: unknown,
  { maxTokens }: GatewayLimits,
): GraphQLFormattedError {
  if (isTokenLimit(formatted)) return tooManyTokens(maxTokens).toJSON();
  const own = error instanceof GraphQLError ? error.originalError : undefined;
  const code = own instanceof GraphQLError ? own.extensions['code'] : undefined;
  return typeof code === 'string'
    ? { ...formatted, extensions: { ...formatted.extensions, code } }
    : formatted;
}

function apolloLogger(logger: Logger) {
  return {
    debug: (message?: unknown) => logger.trace(String(message)),
    info: (message?: unknown) => logger.debug(String(message)),
    warn: (message?: unknown) => logger.warn(String(message)),
    error: (message?: unknown) => logger.error(String(message)),
  };
}
