import { ApiPromise, WsProvider } from '@polkadot/api';
const t=Date.now(); const l=(...a)=>console.log(Date.now()-t,...a);
const api=new ApiPromise({provider:new WsProvider('ws://127.0.0.1:19944'),signedExtensions:{AuthorizeCall:{extrinsic:{},payload:{}}}});
api.on('connected',()=>l('connected'));api.on('error',e=>l('err',e.message));api.on('ready',()=>l('ready'));api.on('disconnected',()=>l('disc'));api.on('decorated',()=>l('decorated'));
await api.isReadyOrError.catch(e=>l('E',e)); l((await api.rpc.system.chain()).toString()); await api.disconnect();
