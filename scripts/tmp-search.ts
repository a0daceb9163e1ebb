import {random} from '../src/core/random.js'
import {judge} from '../src/metrics/diagnosis/verdict.js'
import {countsOf, evidenceOfCounts} from './calibrate/worlds.js'
const P: any[] = [

 ['budget-only',[0,0,.1,.1],.03],['format-only',[0,0,0,.1],.03],
 ['not-used',[0,0,0,0],.03],['not-used',[0,0,0,0],.05],['not-used',[0,0,0,0],.1],['representation-fails',[0,0,0,0],.03,-.5],['representation-fails',[0,0,0,0],.1,-.3]]
for (const [v,effects,m,oracle] of P) {
  const out=[]
  for (const d of [.02,.1,.2]) {
    const share=(n:number)=>{const w:any={name:v,effects,own:oracle?.4:.6,discordance:d,common:false,...(oracle&&{oracle})};const dr=countsOf(w,n);const r=random('s',v,n);let k=0;const R=3000;for(let i=0;i<R;i++)k+=+(judge(evidenceOfCounts(dr(r),n,.05,m),{alpha:.05,margin:m}).verdict===v);return k/R}
    for (const target of [.9]) {
    let lo=10,hi=20; while(share(hi)<target&&hi<40000){lo=hi;hi*=2}
    while(hi-lo>Math.max(1,hi*.01)){const mid=Math.round((lo+hi)/2); if(share(mid)>=target)hi=mid;else lo=mid}
    out.push(hi)}
  }
  console.log(v,JSON.stringify(effects),m,oracle??'',out.join('/'))
}
