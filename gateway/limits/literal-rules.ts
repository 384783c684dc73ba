/**
 * What literals of a document have to be, so that the planner carries them to a subgraph as they
 * were written: it reads a number as a JavaScript number, stops at Infinity, and takes time
 * exponential in the depth of a list that stands for a custom scalar.
 */

import {
  type ASTVisitor,
  type FloatValueNode,
  getNamedType,
  GraphQLError,
  type IntValueNode,
  Kind,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import type { ErrorCode } from '#platform/errors';
import { type OperationLimits, tooComplex } from './operation-limits.ts';

const MAX_SHOWN = 60;

export function literalRules(limits: OperationLimits): readonly ValidationRule[] {
  return [(context) => depthRule(context, limits), (context) => numberRule(context, limits)];
}

function depthRule(context: ValidationContext, { maxValueDepth }: OperationLimits): ASTVisitor {
  let depth = 0;
  const enter = (): false | undefined => {
    if (depth === maxValueDepth) {
      context.reportError(tooComplex('maxValueDepth', maxValueDepth, depth + 1));
      return false;
    }
    depth += 1;
    return undefined;
  };
  const leave = (): void => {
    depth -= 1;
  };
  return { ListValue: { enter, leave }, ObjectValue: { enter, leave } };
}

function numberRule(context: ValidationContext, { textScalars }: OperationLimits): ASTVisitor {
  const check = (node: IntValueNode | FloatValueNode): void => {
    const problem = numberProblem(node, getNamedType(context.getInputType())?.name, textScalars);
    if (problem === undefined) return;
    const code: ErrorCode = 'BAD_USER_INPUT';
    context.reportError(new GraphQLError(problem, { nodes: node, extensions: { code } }));
  };
  return { IntValue: check, FloatValue: check };
}

function numberProblem(
  { kind, value }: IntValueNode | FloatValueNode,
  typeName: string | undefined,
  textScalars: readonly string[],
): string | undefined {
  const shown = value.slice(0, MAX_SHOWN);
  if (typeName !== undefined && textScalars.includes(typeName)) {
    if (kind === Kind.INT && Number.isSafeInteger(Number(value))) return undefined;
    return `${typeName}: expected text such as "187.50" or an Int up to 2^53 - 1, was ${shown}`;
  }
  return Number.isFinite(Number(value)) ? undefined : `a number is too large: was ${shown}`;
}
